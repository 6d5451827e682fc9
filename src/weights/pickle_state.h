// Which dict of a checkpoint holds the weights.
//
// The rule. A dict with tensors under text keys is a set of weights. Before it is looked at itself, a dict is searched
// for one under these keys, in this order, and in the same way within them: averaged weights first, for they are the
// ones that were evaluated (timm's and RT-DETR's choice):
//   state_dict_ema, model_ema, ema, params_ema, state_dict, model_state_dict, model, module, network, net, params,
//   weights
// A dict without any of these and without tensors may hold one dict with tensors under another key; several are an
// Error with their names. Other entries (optimizer, epoch, options) are left out. A "module." or "_orig_mod." before
// every name, put there by DataParallel and torch.compile, is dropped.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weights/pickle_value.h"

namespace strop {

struct PickleState {
  std::map<std::string, const PickleTensor*> tensors;  // points into the values
  std::vector<std::string> place;                      // the keys that led there, outermost first
  std::vector<std::string> others;                     // keys of the rule beside them that hold weights too
};

// `where` names the file in messages. Error(model): no weights, or several without a rule. Cost: linear.
PickleState find_state(const PickleValues& values, const std::string& where);

}  // namespace strop
