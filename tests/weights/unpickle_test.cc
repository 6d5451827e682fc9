#include "weights/unpickle.h"

#include <cstdlib>

#include "core/clock.h"
#include "helpers.h"
#include "pickle_bytes.h"

namespace strop {
namespace {

std::string refusal(const std::string& pickle) {
  return message_of(ErrorKind::model, [&] { unpickle(pickle, 0, "m.pth"); });
}

std::int64_t number(const std::string& pickle) {
  const auto values = unpickle(pickle, 0, "m.pth");
  const auto* found = values.get<std::int64_t>(values.root);
  return found == nullptr ? -999 : *found;
}

TEST(Unpickle, WholeNumbers) {
  EXPECT_EQ(number("K\xff."), 255);
  EXPECT_EQ(number("M\xff\xff."), 65535);
  EXPECT_EQ(number("J\xfe\xff\xff\xff."), -2);
  EXPECT_EQ(number(std::string("\x8a\x00.", 3)), 0);
  EXPECT_EQ(number("\x8a\x01\xff."), -1);
  EXPECT_EQ(number(std::string("\x8a\x02\xff\x00.", 5)), 255);
  EXPECT_EQ(number("\x8a\x08" + little(static_cast<std::uint64_t>(INT64_MIN), 8) + "."), INT64_MIN);
  EXPECT_EQ(number("\x8a\x09" + std::string(9, '\1') + "."), -999);
}

TEST(Unpickle, EndsBehindItsStop) {
  const auto values = unpickle("xK\x05.more", 1, "m.pth");
  EXPECT_EQ(values.end, 4u);
}

TEST(Unpickle, ContainersAndMemo) {
  // [1, (1, 2)] with the first entry from the memo; a mark in between, taken away again.
  const std::string memo("q\x05", 2), recall("h\x05", 2);
  const auto values = unpickle("\x80\x02](K\x01" + memo + "(NN1" + recall + "K\x02\x86" + "e.", 0, "m.pth");
  const auto* list = values.get<PickleItems>(values.root);
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->ids.size(), 2u);
  const auto* pair = values.get<PickleItems>(list->ids[1]);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(pair->ids[0], list->ids[0]);
  EXPECT_EQ(*values.get<std::int64_t>(pair->ids[1]), 2);
  EXPECT_TRUE(list->is_list);
  EXPECT_FALSE(pair->is_list);
}

// What Python would run is named with its byte and not run: the file that each would make stays absent.
TEST(Unpickle, NamesThatCouldRunAreRefused) {
  TempFolder folder;
  const auto target = folder / "touched";
  const auto command = "(" + text_op("touch " + target.string()) + "t";
  EXPECT_NE(refusal("\x80\x02" + global_op("os", "system") + command + "R.").find("asks for os.system at byte 2"),
            std::string::npos);
  EXPECT_NE(refusal("\x80\x02}" + global_op("posix", "system") + command + "R.").find("posix.system at byte 3"),
            std::string::npos);
  const auto by_stack = "\x80\x04" + text_op("builtins") + text_op("eval") + "\x93" + command + "R.";
  EXPECT_NE(refusal(by_stack).find("builtins.eval at byte 24"), std::string::npos) << refusal(by_stack);
  EXPECT_NE(refusal("(" + text_op("touch") + "ios\nsystem\n.").find("the object os.system at byte 11"),
            std::string::npos);
  EXPECT_NE(refusal("(" + global_op("subprocess", "Popen") + "o.").find("subprocess.Popen at byte 1"),
            std::string::npos);
  EXPECT_NE(refusal("(No.").find("an object (opcode OBJ) at byte 2"), std::string::npos);
  EXPECT_NE(refusal("Psome id\n.").find("opcode 0x50 at byte 0"), std::string::npos);
  for (const char* extension : {"\x82\x01.", "\x83\x01\x01.", "\x84\x01\x01\x01\x01."}) {
    EXPECT_NE(refusal(extension).find("the opcode 0x8"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST(Unpickle, ListedNamesAloneAreNoWayIn) {
  const auto rebuild = global_op("torch._utils", "_rebuild_tensor_v2");
  // Attributes of listed names, calls of results, calls with other arguments, a subclass of a subclass.
  EXPECT_NE(refusal(rebuild + "}b.").find("attributes for what is neither"), std::string::npos);
  EXPECT_NE(refusal("K\x01)R.").find("a call of what is no listed name"), std::string::npos);
  EXPECT_NE(refusal(global_op("collections", "OrderedDict") + ")R)R.").find("a call of what is no listed name"),
            std::string::npos);
  EXPECT_NE(refusal(rebuild + "K\x01R.").find("a call of what is no listed name"), std::string::npos);
  EXPECT_NE(refusal(rebuild + ")R.").find("torch._utils._rebuild_tensor_v2 with arguments other"), std::string::npos);
  EXPECT_NE(refusal(global_op("torch", "FloatStorage") + ")R.").find("torch.FloatStorage with arguments other"),
            std::string::npos);
  const auto subclass = global_op("torch._tensor", "_rebuild_from_type_v2");
  EXPECT_NE(refusal(subclass + "(" + subclass + "N)}tR.").find("_rebuild_from_type_v2 with arguments other"),
            std::string::npos);
  EXPECT_NE(
      refusal("(" + text_op("module") + global_op("torch", "FloatStorage") + text_op("0") + text_op("cpu") + "K\x01tQ.")
          .find("a persistent id that is no storage"),
      std::string::npos);
  EXPECT_NE(refusal(global_op("torch.storage", "_load_from_bytes") + ")R.").find("torch.storage._load_from_bytes"),
            std::string::npos);
}

TEST(Unpickle, ConjugatedViewsAreRefused) {
  auto ops = tensor_ops({});
  ops.resize(ops.size() - 2);  // without its last TUPLE and REDUCE
  EXPECT_NE(refusal(ops + "}" + text_op("neg") + "\x88stR.").find("with arguments other"), std::string::npos);
  unpickle(ops + "}tR.", 0, "m.pth");
}

TEST(Unpickle, MalformedPicklesAreErrors) {
  for (const std::string pickle : {"",
                                   ".",
                                   "N",
                                   "a.",
                                   "]a.",
                                   "}(NNNu.",
                                   "}Ns.",
                                   "]]s.",
                                   "}Na.",
                                   "(.",
                                   "t.",
                                   "u.",
                                   "N(.",
                                   "]N(e0.",
                                   "0.",
                                   "2.",
                                   "h\x01.",
                                   "Nr\xff\xff\xff\xff.",
                                   "\x80\x06N.",
                                   "X\xff\xff\xff\xffno.",
                                   "\x8d\xff\xff\xff\xff\xff\xff\xff\xffno.",
                                   "\x8b\xff\xff\xff\xff.",
                                   "cno line end",
                                   "c\n",
                                   "(a.",
                                   "\x85.",
                                   "K\x01\x86.",
                                   "NN\x93.",
                                   "b.",
                                   "Nb.",
                                   "R.",
                                   "Q.",
                                   "N\x90.",
                                   "1.",
                                   "\xff."}) {
    EXPECT_NE(refusal(pickle).find("m.pth"), std::string::npos) << pickle;
  }
}

// One byte a value, and lists made anew from one long list: both end at the limit, in little time.
TEST(Unpickle, TooManyValuesAreRefusedSoon) {
  const Stopwatch watch;
  for (const char opcode : {'}', 'N', '('}) {
    EXPECT_NE(refusal(std::string(5'000'000, opcode) + ".").find("more than 4 million values"), std::string::npos);
  }
  std::string pairs = "](";
  for (int i = 0; i < 100'000; ++i) pairs += "NN\x86";
  pairs += "e\x85q" + std::string(1, '\0');
  for (int i = 0; i < 1'000; ++i) pairs += global_op("collections", "OrderedDict") + "h" + std::string(1, '\0') + "R";
  EXPECT_NE(refusal(pairs + ".").find("more than 4 million values"), std::string::npos);
  EXPECT_NE(refusal(text_op(std::string(65 << 20, 'x')) + ".").find("more than 64 MiB"), std::string::npos);
  EXPECT_LT(watch.seconds(), 20);
}

}  // namespace
}  // namespace strop
