// A network as an ONNX graph (onnx.ai; IR version 8, operator set 17): drawn node by node, written as one file.
//
// Constants are not copied: their bytes are written from where they lie. Errors of the caller (an unknown port) are
// std::logic_error; what a person can mend is an Error of the file's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strop::onnx {

using Integers = std::vector<std::int64_t>;

// The first dimension of inputs and outputs: each call of the network chooses its batch.
inline constexpr std::int64_t kBatch = -1;

// What an input, a constant or a node brings. A picture knows its sides, which TensorFlow's padding depends on; they
// mean nothing for other values.
struct Value {
  std::size_t id = 0;
  std::int64_t height = 0, width = 0;
};

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, Integers> value;
};

// As TensorProto.DataType numbers them.
enum class Type { float32 = 1, int64 = 7 };

// Little-endian, the last dimension innermost. `owner` keeps the bytes until the graph goes.
struct Data {
  Type type;
  Integers shape;
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

class Graph {
 public:
  // --- the ports between blocks, as State has them, with values for tensors ---
  // An input of fp32 numbers; as a picture where it has four dimensions.
  void input(const std::string& port, const Integers& shape);
  const Value& at(const std::string& port) const;
  void set(const std::string& port, const Value& value);
  // The port's value, under that name, as an output.
  void output(const std::string& port, const Integers& shape);

  // --- what a block draws ---
  // The names of values from here on begin with the block's.
  void enter(const std::string& block) { block_ = block; }
  // A node with one result, which has the sides of the first input.
  Value node(const std::string& operation, const std::vector<Value>& inputs, std::vector<Attribute> attributes = {});
  Value constant(const std::string& name, Data data);
  Value scalar(float number);               // one constant for all that ask for the number
  Value integers(const Integers& numbers);  // a shape, or the bounds of a slice

  // Complete or not at all. `about`: what else the file tells (metadata_props). Error(model) above the 2 GiB that the
  // format allows, Error(usage) where the file can't be written.
  void write(const std::filesystem::path& file, const std::string& producer_version,
             const std::map<std::string, std::string>& about) const;

 private:
  struct Node {
    std::string operation;
    std::vector<Value> inputs;
    Value result;
    std::vector<Attribute> attributes;
  };
  struct Constant {
    Value value;
    Data data;
  };
  struct Port {
    Value value;
    Integers shape;
  };

  // A value with a name of its own that begins with the block's.
  Value named(const std::string& name);
  std::string own_name(const std::string& name);
  std::string encoded(const Node& node) const;
  std::string encoded(const Port& port) const;

  std::string block_;
  std::vector<std::string> names_;    // of the values, by id
  std::map<std::string, int> taken_;  // names, and how often each was asked for
  std::map<std::string, Value> ports_;
  std::map<float, Value> scalars_;
  std::vector<Node> nodes_;
  std::vector<Constant> constants_;
  std::vector<Port> inputs_, outputs_;
};

}  // namespace strop::onnx
