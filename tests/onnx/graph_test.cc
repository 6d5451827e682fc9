// A whole file byte by byte, and what a graph promises to those who draw it.
#include "onnx/graph.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "bytes.h"
#include "core/error.h"
#include "core/files.h"
#include "temp_folder.h"

namespace strop::onnx {
namespace {

constexpr std::array<float, 2> kWeight = {1.0F, -0.5F};

Data weight() {
  return {Type::float32, {2}, {reinterpret_cast<const char*>(kWeight.data()), sizeof(kWeight)}, nullptr};
}

// y = x + w for x of batch x 2.
Graph addition() {
  Graph graph;
  graph.input("x", {kBatch, 2});
  graph.enter("b");
  const auto w = graph.constant("w", weight());
  graph.set("y", graph.node("Add", {graph.at("x"), w}, {{"axis", std::int64_t{2}}}));
  graph.output("y", {kBatch, 2});
  return graph;
}

TEST(Graph, FileIsAModelOfTheFormat) {
  const TempFolder folder;
  const auto file = folder.path() / "sum.onnx";
  addition().write(file, "1.2", {{"k", "v"}});
  EXPECT_EQ(read_file(file, ErrorKind::model),
            bytes("08 08 12 05 'strop' 1a 03 '1.2'"  // IR version, producer
                  "42 04 0a 00 10 11"                // operator set 17
                  "72 06 0a 01 'k' 12 01 'v'"        // metadata
                  "3a 74"                            // the graph: node, name, input, output, constant
                  "0a 20 0a 01 'x' 0a 03 'b/w' 12 01 'y' 1a 01 'y' 22 03 'Add' 2a 0b 0a 04 'axis' 18 02 a0 01 02"
                  "12 07 'network'"
                  "5a 18 0a 01 'x' 12 13 0a 11 08 01 12 0d 0a 07 12 05 'batch' 0a 02 08 02"
                  "62 18 0a 01 'y' 12 13 0a 11 08 01 12 0d 0a 07 12 05 'batch' 0a 02 08 02"
                  "2a 13 08 02 10 01 42 03 'b/w' 4a 08 00 00 80 3f 00 00 00 bf"));
}

TEST(Graph, AttributesSayTheirType) {
  const TempFolder folder;
  Graph graph;
  graph.input("x", {kBatch, 2});
  graph.set("y", graph.node("Op", {graph.at("x")}, {{"f", 0.5F}, {"is", Integers{1, -1}}}));
  graph.output("y", {kBatch, 2});
  graph.write(folder.path() / "one.onnx", "1", {});
  const auto text = read_file(folder.path() / "one.onnx", ErrorKind::model);
  EXPECT_NE(text.find(bytes("2a 0b 0a 01 'f' 15 00 00 00 3f a0 01 01")), std::string::npos);
  EXPECT_NE(text.find(bytes("2a 14 0a 02 'is' 40 01 40 ff ff ff ff ff ff ff ff ff 01 a0 01 07")), std::string::npos);
}

TEST(Graph, ValuesOfOneNameAreToldApart) {
  const TempFolder folder;
  Graph graph;
  graph.input("x", {kBatch, 2});
  graph.enter("b");
  auto x = graph.at("x");
  for (int i = 0; i < 3; ++i) x = graph.node("Relu", {x});
  graph.set("y", graph.node("Add", {x, graph.scalar(2)}));
  graph.output("y", {kBatch, 2});
  EXPECT_EQ(graph.scalar(2).id, graph.scalar(2).id);
  EXPECT_NE(graph.scalar(2).id, graph.scalar(3).id);
  graph.write(folder.path() / "many.onnx", "1", {});
  const auto text = read_file(folder.path() / "many.onnx", ErrorKind::model);
  for (const auto* name : {"12 06 'b/Relu'", "12 08 'b/Relu_1'", "12 08 'b/Relu_2'", "0a 08 'b/scalar'"}) {
    EXPECT_NE(text.find(bytes(name)), std::string::npos) << name;
  }
}

TEST(Graph, PicturesKnowTheirSides) {
  Graph graph;
  graph.input("pixels", {kBatch, 3, 32, 48});
  const auto y = graph.node("Relu", {graph.at("pixels")});
  EXPECT_EQ(y.height, 32);
  EXPECT_EQ(y.width, 48);
  EXPECT_THROW(graph.at("features"), std::logic_error);
}

TEST(Graph, NothingAboveTwoGibibytes) {
  const TempFolder folder;
  auto graph = addition();
  const std::string_view unread(reinterpret_cast<const char*>(kWeight.data()), std::size_t{1} << 31);
  graph.constant("large", {Type::float32, {1 << 29}, unread, nullptr});
  const auto file = folder.path() / "large.onnx";
  try {
    graph.write(file, "1", {});
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_NE(std::string(error.what()).find("at most 2 GiB"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace strop::onnx
