#include "weights/unpickle.h"

#include <limits>

#include "core/error.h"
#include "core/text.h"
#include "weights/little_endian.h"
#include "weights/pickle_calls.h"

namespace strop {
namespace {

constexpr std::size_t kLongestPickle = std::size_t{64} << 20;
constexpr std::size_t kMostValues = 4'000'000;
constexpr std::size_t kLongestName = 200;  // of a module or a global in it
constexpr PickleId kUnset = std::numeric_limits<PickleId>::max();
// Values that stand for all of their kind.
constexpr PickleId kNone = 0, kFalse = 1, kTrue = 2, kOpaque = 3, kEmptyTuple = 4;

class Unpickler {
 public:
  Unpickler(std::string_view content, std::size_t at, const std::string& where)
      : content_(content), begin_(at), at_(at), where_(where) {
    for (const bool value : {false, true}) values_.all.emplace_back(value);
    values_.all.emplace(values_.all.begin(), PickleNone{});
    values_.all.emplace_back(PickleOpaque{});
    values_.all.emplace_back(PickleItems{});
  }

  PickleValues run() {
    for (;;) {
      if (at_ - begin_ > kLongestPickle) too_large("64 MiB");
      op_at_ = at_;
      const auto opcode = static_cast<unsigned char>(read(1)[0]);
      if (opcode == '.') break;
      if (!read_number(opcode) && !read_text(opcode) && !read_container(opcode) && !read_stack(opcode) &&
          !read_object(opcode)) {
        refuse("the opcode 0x{:02x}", opcode);
      }
    }
    values_.root = pop();
    values_.end = at_;
    return std::move(values_);
  }

 private:
  // --- the opcodes, by what they make ---

  bool read_number(unsigned char opcode) {
    switch (opcode) {
      case 'N': push(kNone); return true;
      case 0x88: push(kTrue); return true;
      case 0x89: push(kFalse); return true;
      case 'J': push_new(std::int64_t{static_cast<std::int32_t>(read_count(4))}); return true;
      case 'K': push_new(static_cast<std::int64_t>(read_count(1))); return true;
      case 'M': push_new(static_cast<std::int64_t>(read_count(2))); return true;
      case 0x8a: push_long(read_count(1)); return true;
      case 0x8b: push_long(read_count(4)); return true;
      case 'G':
        read(8);
        push(kOpaque);
        return true;
      default: return false;
    }
  }

  bool read_text(unsigned char opcode) {
    switch (opcode) {
      case 'U':  // bytes of Python 2
      case 'C':  // bytes
      case 0x8c: push_new(read(read_count(1))); return true;
      case 'T':  // bytes of Python 2
      case 'B':  // bytes
      case 'X': push_new(read(read_count(4))); return true;
      case 0x8d:  // text
      case 0x8e:  // bytes
      case 0x96: push_new(read(read_count(8))); return true;
      default: return false;
    }
  }

  bool read_container(unsigned char opcode) {
    switch (opcode) {
      case ')': push(kEmptyTuple); return true;
      case 0x85: push_items(room(1), false); return true;
      case 0x86: push_items(room(2), false); return true;
      case 0x87: push_items(room(3), false); return true;
      case 't': push_items(pop_mark(), false); return true;
      case ']': push_new(PickleItems{{}, true}); return true;
      case 'l': push_items(pop_mark(), true); return true;
      case '}': push_new(PickleDict{}); return true;
      case 'd': push_dict(pop_mark()); return true;
      case 'a': append(room(1)); return true;
      case 'e': append(pop_mark()); return true;
      case 's': set_items(room(2)); return true;
      case 'u': set_items(pop_mark()); return true;
      case 0x8f: push(kOpaque); return true;  // a set
      case 0x90:                              // members of a set
        stack_.resize(pop_mark());
        return true;
      case 0x91:  // a frozen set
        stack_.resize(pop_mark());
        push(kOpaque);
        return true;
      default: return false;
    }
  }

  bool read_stack(unsigned char opcode) {
    switch (opcode) {
      case 0x80: check_protocol(read_count(1)); return true;
      case 0x95: read(8); return true;  // the length of a frame: nothing to us
      case '(': push_mark(); return true;
      case '0': pop(); return true;
      case '1': stack_.resize(pop_mark()); return true;
      case '2': push(top()); return true;
      case 'h': push(recall(read_count(1))); return true;
      case 'j': push(recall(read_count(4))); return true;
      case 'q': remember(read_count(1)); return true;
      case 'r': remember(read_count(4)); return true;
      case 0x94: remember(memo_.size()); return true;
      default: return false;
    }
  }

  bool read_object(unsigned char opcode) {
    switch (opcode) {
      case 'c': {
        const auto module = read_line();
        push_name(module, read_line());
        return true;
      }
      case 0x93: {
        const auto* name = values_.get<std::string_view>(pop());
        const auto* module = values_.get<std::string_view>(pop());
        if (name == nullptr || module == nullptr) broken("a name that is no text");
        push_name(*module, *name);
        return true;
      }
      case 'i': {
        const auto module = read_line();
        refuse("the object {}.{}", excerpt(module), excerpt(read_line()));
      }
      case 'o': refuse("an object (opcode OBJ)");
      case 'Q': push_storage(); return true;
      case 'R':
      case 0x81: call(); return true;
      case 'b': build(); return true;
      default: return false;
    }
  }

  // --- their work ---

  // Whole numbers beyond 64 bits (states of random generators) are of no use here.
  void push_long(std::size_t size) {
    const auto bytes = read(size);
    if (size > 8) return push(kOpaque);
    auto value = little_endian(bytes);
    const bool negative = size > 0 && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0;
    if (negative && size < 8) value |= ~std::uint64_t{0} << 8 * size;
    push_new(static_cast<std::int64_t>(value));
  }

  // The values from place `from` of the stack on become one.
  void push_items(std::size_t from, bool is_list) {
    PickleItems items{{stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end()}, is_list};
    stack_.resize(from);
    push_new(std::move(items));
  }

  void push_dict(std::size_t from) {
    PickleDict dict;
    add_entries(dict, from);
    push_new(std::move(dict));
  }

  void add_entries(PickleDict& dict, std::size_t from) {
    if ((stack_.size() - from) % 2 != 0) broken("a key without its value");
    for (std::size_t i = from; i < stack_.size(); i += 2) dict.entries.emplace_back(stack_[i], stack_[i + 1]);
    stack_.resize(from);
  }

  void append(std::size_t from) {
    auto& target = target_below(from);
    auto* list = std::get_if<PickleItems>(&target);
    if (list != nullptr && list->is_list) {
      list->ids.insert(list->ids.end(), stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
    } else if (!std::holds_alternative<PickleOpaque>(target)) {
      broken("items for what is no list");
    }
    stack_.resize(from);
  }

  void set_items(std::size_t from) {
    auto& target = target_below(from);
    if (auto* dict = std::get_if<PickleDict>(&target); dict != nullptr) {
      add_entries(*dict, from);
    } else if (!std::holds_alternative<PickleOpaque>(target)) {
      broken("entries for what is no dict");
    }
    stack_.resize(from);
  }

  void push_name(std::string_view module, std::string_view name) {
    const auto* known = find_pickle_name(module, name);
    if (known == nullptr) refuse("{}.{}", excerpt(module, kLongestName), excerpt(name, kLongestName));
    push_new(known);
  }

  void push_storage() {
    const auto* id = values_.get<PickleItems>(pop());
    auto storage = id == nullptr ? std::nullopt : storage_of_id(*id, values_);
    if (!storage) refuse("a persistent id that is no storage of a tensor");
    push_new(std::make_unique<PickleStorage>(*storage));
  }

  void call() {
    const auto* arguments = values_.get<PickleItems>(pop());
    const auto* name = values_.get<const PickleName*>(pop());
    if (name == nullptr || arguments == nullptr) refuse("a call of what is no listed name");
    const auto* first = arguments->ids.empty() ? nullptr : values_.get<PickleItems>(arguments->ids[0]);
    if (first != nullptr) spend(first->ids.size());
    auto result = call_pickle_name(**name, *arguments, values_);
    if (!result) refuse("{}.{} with arguments other than those of torch.save", (*name)->module, (*name)->name);
    if (result->existing) return push(*result->existing);
    push_new(std::move(result->made));
  }

  // Attributes of a dict (state_dict's _metadata) or of a harmless object: no part of the weights.
  void build() {
    pop();
    const auto& target = values_.all[top()];
    if (!std::holds_alternative<PickleDict>(target) && !std::holds_alternative<PickleOpaque>(target)) {
      refuse("attributes for what is neither a dict nor a listed object");
    }
  }

  void check_protocol(std::size_t protocol) {
    constexpr std::size_t kNewest = 5;
    if (protocol > kNewest) broken("pickle protocol {}, expected at most {}", protocol, kNewest);
  }

  // --- stack, memo, bytes ---

  // Python's pickler numbers in order of writing, so that a number is never above the bytes that were read.
  void remember(std::size_t index) {
    if (index > op_at_ - begin_) broken("memo entry {} so early", index);
    if (index >= memo_.size()) memo_.resize(index + 1, kUnset);
    memo_[index] = top();
  }

  PickleId recall(std::size_t index) const {
    if (index >= memo_.size() || memo_[index] == kUnset) broken("memo entry {} is not there", index);
    return memo_[index];
  }

  void push(PickleId id) {
    spend(1);
    stack_.push_back(id);
  }

  void push_mark() {
    spend(1);
    marks_.push_back(stack_.size());
  }

  void push_new(PickleValue value) {
    values_.all.push_back(std::move(value));
    push(static_cast<PickleId>(values_.all.size() - 1));
  }

  void spend(std::size_t values) {
    spent_ += values;
    if (spent_ > kMostValues) too_large("4 million values");
  }

  // The place in the stack of its `count` last values; none may lie below the last mark.
  std::size_t room(std::size_t count) const {
    const auto floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() < floor + count) broken("too few values on the stack");
    return stack_.size() - count;
  }

  PickleId top() const { return stack_[room(1)]; }

  PickleId pop() {
    const auto id = top();
    stack_.pop_back();
    return id;
  }

  std::size_t pop_mark() {
    if (marks_.empty()) broken("a mark is missing");
    const auto from = marks_.back();
    marks_.pop_back();
    return from;
  }

  // The value under those from `from` on, which takes them in.
  PickleValue& target_below(std::size_t from) {
    if (from <= (marks_.empty() ? 0 : marks_.back())) broken("too few values on the stack");
    return values_.all[stack_[from - 1]];
  }

  std::string_view read(std::size_t size) {
    if (size > content_.size() - at_) broken("{} bytes expected, {} are left", size, content_.size() - at_);
    const auto bytes = content_.substr(at_, size);
    at_ += size;
    return bytes;
  }

  std::size_t read_count(std::size_t width) { return little_endian(read(width)); }

  std::string_view read_line() {
    const auto length = content_.substr(at_, kLongestName + 1).find('\n');
    if (length == std::string_view::npos) broken("a name without end");
    return read(length + 1).substr(0, length);
  }

  template <typename... Args>
  [[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::model,
         "{}: the pickle is malformed at byte {}: {}; the file is truncated or damaged: fetch it again", where_, op_at_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::model,
         "{}: the pickle asks for {} at byte {}, expected tensors and plain containers alone; nothing was run. Where "
         "you "
         "trust the file, save its weights anew with Python: torch.save(model.state_dict(), 'weights.pth')",
         where_, fmt::format(format, std::forward<Args>(args)...), op_at_);
  }

  [[noreturn]] void too_large(std::string_view limit) const {
    fail(ErrorKind::model, "{}: the pickle has more than {}; save the weights alone, without optimizer or data", where_,
         limit);
  }

  const std::string_view content_;
  const std::size_t begin_;
  std::size_t at_, op_at_ = 0;
  const std::string& where_;
  PickleValues values_;
  std::vector<PickleId> stack_, memo_;
  std::vector<std::size_t> marks_;
  std::size_t spent_ = 0;
};

}  // namespace

PickleValues unpickle(std::string_view content, std::size_t at, const std::string& where) {
  return Unpickler(content, at, where).run();
}

}  // namespace strop
