#include "onnx/graph.h"

#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "onnx/message.h"

namespace strop::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

// Fields of onnx.proto, by message.
namespace model_field {
constexpr int kIrVersion = 1, kProducer = 2, kProducerVersion = 3, kGraph = 7, kOperators = 8, kMetadata = 14;
}
namespace graph_field {
constexpr int kNode = 1, kName = 2, kConstant = 5, kInput = 11, kOutput = 12;
}
namespace node_field {
constexpr int kInput = 1, kOutput = 2, kName = 3, kOperation = 4, kAttribute = 5;
}
namespace attribute_field {
constexpr int kName = 1, kReal = 2, kInteger = 3, kIntegers = 8, kType = 20;
}
namespace tensor_field {
constexpr int kDimension = 1, kType = 2, kName = 8, kRaw = 9;
}

constexpr std::int64_t kIrVersion = 8, kOperatorSet = 17;
constexpr std::int64_t kRealType = 1, kIntegerType = 2, kIntegersType = 7;  // AttributeProto.AttributeType
// Readers of the format count a file's bytes in 31 bits.
constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int32_t>::max();

std::string encoded(const Attribute& attribute) {
  Message message;
  message.text(attribute_field::kName, attribute.name);
  if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    message.integer(attribute_field::kInteger, *integer);
    message.integer(attribute_field::kType, kIntegerType);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    message.real(attribute_field::kReal, *real);
    message.integer(attribute_field::kType, kRealType);
  } else {
    for (const auto number : std::get<Integers>(attribute.value)) message.integer(attribute_field::kIntegers, number);
    message.integer(attribute_field::kType, kIntegersType);
  }
  return message.bytes();
}

// Two texts as fields 1 and 2: an entry of the metadata.
std::string pair_of(const std::string& key, const std::string& value) {
  Message message;
  message.text(1, key);
  message.text(2, value);
  return message.bytes();
}

std::string default_operators() {
  Message message;
  message.text(1, "");  // ONNX's own
  message.integer(2, kOperatorSet);
  return message.bytes();
}

// The constant as a field of the graph, up to its bytes.
std::string head_of(const Data& data, const std::string& name) {
  Message tensor;
  for (const auto extent : data.shape) tensor.integer(tensor_field::kDimension, extent);
  tensor.integer(tensor_field::kType, static_cast<std::int64_t>(data.type));
  tensor.text(tensor_field::kName, name);
  tensor.open(tensor_field::kRaw, data.bytes.size());
  Message head;
  head.open(graph_field::kConstant, tensor.bytes().size() + data.bytes.size());
  return head.bytes() + tensor.bytes();
}

template <typename T>
Data data_of(Type type, Integers shape, std::vector<T> numbers) {
  const auto owner = std::make_shared<const std::vector<T>>(std::move(numbers));
  return {type, std::move(shape), {reinterpret_cast<const char*>(owner->data()), owner->size() * sizeof(T)}, owner};
}

}  // namespace

std::string Graph::own_name(const std::string& name) {
  const auto whole = block_.empty() ? name : block_ + "/" + name;
  const int before = taken_[whole]++;
  return before == 0 ? whole : own_name(name + "_" + std::to_string(before));
}

Value Graph::named(const std::string& name) {
  names_.push_back(own_name(name));
  return {names_.size() - 1, 0, 0};
}

void Graph::input(const std::string& port, const Integers& shape) {
  Value value = named(port);
  if (shape.size() == 4) {
    value.height = shape[2];
    value.width = shape[3];
  }
  inputs_.push_back({value, shape});
  ports_[port] = value;
}

const Value& Graph::at(const std::string& port) const {
  const auto found = ports_.find(port);
  if (found == ports_.end()) throw std::logic_error("no value '" + port + "' in the graph between blocks");
  return found->second;
}

void Graph::set(const std::string& port, const Value& value) {
  names_.at(value.id) = own_name(port);
  ports_[port] = value;
}

void Graph::output(const std::string& port, const Integers& shape) {
  names_.at(at(port).id) = port;
  outputs_.push_back({at(port), shape});
}

Value Graph::node(const std::string& operation, const std::vector<Value>& inputs, std::vector<Attribute> attributes) {
  Value result = named(operation);
  result.height = inputs.at(0).height;
  result.width = inputs.at(0).width;
  nodes_.push_back({operation, inputs, result, std::move(attributes)});
  return result;
}

Value Graph::constant(const std::string& name, Data data) {
  const auto value = named(name);
  constants_.push_back({value, std::move(data)});
  return value;
}

Value Graph::scalar(float number) {
  const auto found = scalars_.find(number);
  if (found != scalars_.end()) return found->second;
  return scalars_[number] = constant("scalar", data_of<float>(Type::float32, {}, {number}));
}

Value Graph::integers(const Integers& numbers) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  return constant("integers", data_of(Type::int64, {count}, numbers));
}

std::string Graph::encoded(const Node& node) const {
  Message message;
  for (const auto& input : node.inputs) message.text(node_field::kInput, names_[input.id]);
  message.text(node_field::kOutput, names_[node.result.id]);
  message.text(node_field::kName, names_[node.result.id]);
  message.text(node_field::kOperation, node.operation);
  for (const auto& attribute : node.attributes) message.text(node_field::kAttribute, onnx::encoded(attribute));
  return message.bytes();
}

// ValueInfoProto {name, TypeProto {Tensor {elem_type, TensorShapeProto {dim ...}}}}.
std::string Graph::encoded(const Port& port) const {
  Message shape, tensor, type, message;
  for (const auto extent : port.shape) {
    Message dimension;
    if (extent == kBatch) dimension.text(2, "batch");
    else dimension.integer(1, extent);
    shape.text(1, dimension.bytes());
  }
  tensor.integer(1, static_cast<std::int64_t>(Type::float32));
  tensor.text(2, shape.bytes());
  type.text(1, tensor.bytes());
  message.text(1, names_[port.value.id]);
  message.text(2, type.bytes());
  return message.bytes();
}

void Graph::write(const std::filesystem::path& file, const std::string& producer_version,
                  const std::map<std::string, std::string>& about) const {
  Message graph;
  for (const auto& node : nodes_) graph.text(graph_field::kNode, encoded(node));
  graph.text(graph_field::kName, "network");
  for (const auto& port : inputs_) graph.text(graph_field::kInput, encoded(port));
  for (const auto& port : outputs_) graph.text(graph_field::kOutput, encoded(port));
  std::uint64_t size = graph.bytes().size();
  std::vector<std::string> heads;
  for (const auto& constant : constants_) {
    heads.push_back(head_of(constant.data, names_[constant.value.id]));
    size += heads.back().size() + constant.data.bytes.size();
  }
  Message model;
  model.integer(model_field::kIrVersion, kIrVersion);
  model.text(model_field::kProducer, "strop");
  model.text(model_field::kProducerVersion, producer_version);
  model.text(model_field::kOperators, default_operators());
  for (const auto& [key, value] : about) model.text(model_field::kMetadata, pair_of(key, value));
  model.open(model_field::kGraph, size);
  if (model.bytes().size() + size > kMostBytes) {
    fail(ErrorKind::model, "{}: the network takes {}; an ONNX file holds at most 2 GiB", file.string(),
         human_bytes(static_cast<double>(size)));
  }
  AtomicFile out(file);
  out.write(model.bytes());
  out.write(graph.bytes());
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    out.write(heads[i]);
    out.write(constants_[i].data.bytes);
  }
  out.commit();
}

}  // namespace strop::onnx
