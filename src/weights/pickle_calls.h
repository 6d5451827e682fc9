// What becomes of a call that a pickle asks for: the tensor, dict or tuple that it stands for.
#pragma once

#include <optional>

#include "weights/pickle_value.h"

namespace strop {

// Either a new value or one that is there already.
struct PickleResult {
  PickleValue made;
  std::optional<PickleId> existing;
};

// Nothing where the arguments are not of the form that torch.save writes. Cost: linear in the arguments.
std::optional<PickleResult> call_pickle_name(const PickleName& name, const PickleItems& arguments,
                                             const PickleValues& values);

// The storage that a persistent id ("storage", type, key, device, elements, [view]) names; nothing for any other id.
std::optional<PickleStorage> storage_of_id(const PickleItems& id, const PickleValues& values);

}  // namespace strop
