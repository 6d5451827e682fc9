#include "nn/block.h"

#include "core/error.h"

namespace strop {

void Block::export_to(onnx::Graph&) const {
  fail(ErrorKind::model, "block '{}': networks of this family can't be exported to ONNX yet", name_);
}

}  // namespace strop
