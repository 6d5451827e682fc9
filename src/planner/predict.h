// What a plan will cost: seconds of the whole job and peak resident memory, from facts alone (nothing is run).
//
// Time, in seconds. F_i: FLOPs of block i forward, twice its multiply-adds.
//   start        PlanFacts::seconds_used, what reading and planning took
//   inputs       PlanFacts::input_seconds for every row and view that is made to train on, evaluation_input_seconds for
//                those that are evaluated: decoding pictures
//   prefix       the blocks before a stage's cut: F once for every row and view where their output is cached (not again
//                where the head's closed form has filled the cache), else once for each pass over a row; at the
//                stage's end anew for validation
//   closed form  the prefix for every row and view, and what the solver multiplies in fp64 (solver_seconds)
//   step         F_i of the suffix, + F_i where the gradient passes through, + F_i where weights train (adapters' own
//                products are left out), each times the share of steps in which it happens (update_period,
//                block_cycle),
//                + F_i where the network as it was is asked too (distill), + kStepSeconds, + on a GPU kLaunchSeconds
//                for each of these passes through a block that was not measured, + the optimizer's reading and writing
//                of what trains
//   evaluation   F of the suffix for every validation row
//   finish       fp32 F of the whole row for every validation and test row, hashes and files at kFileRate
// Training inputs that change their size take PlanFacts::mean_input times that in prefix and step, and the micro-batch
// below PlanFacts::largest_input times its memory.
// Products run at a share of the GEMM rate that the probe measured (forward_share, training_share): the rest goes into
// norms, activations and attention, which gain less from bf16. Of pictures a block's own passes were timed instead, at
// rest (BlockFacts::seconds) and forward and backward (training_seconds), and what it holds was counted.
//
// Memory, in bytes: the larger of a stage and of the finish.
//   stage        PlanFacts::resident_bytes
//                + kKernelBytes: oneDNN's compiled products with their workspaces, gaps of the heap
//                + the mapped weights, and their bf16 copies
//                + trained parameters times (copy, gradient, optimizer, best, EMA); what earlier stages trained stays
//                  as a copy, and in the best
//                + of a closed form the features in fp32, their reduced form in fp64, and its tensors of rows x classes
//                + the weights once more where the network as it was is kept (distill)
//                + the cache and its packing, where it is in memory; on disk it is taken to cost no memory and no time,
//                  for the system keeps its pages as long as nobody needs the room
//                + the larger of a micro-batch in training and the rows of a pass in inference (rows_at_once.h).
//                  In training: what the blocks that the gradient passes keep for it (times kTrainedKeeps where weights
//                  train), up to the block where most is held with what passes by in it (kTransients times its widest
//                  tensor); or, where more, what the frozen prefix holds, if it runs in training; and the inputs that
//                  lie ready
//   finish       the weights mapped twice, to prove that what was frozen stayed as it was; trained parameters and best
//
// Times hold within a factor of two on a machine that does nothing else, memory within two fifths (docs/planner.md).
#pragma once

#include <cstdint>

#include "planner/plan_facts.h"
#include "strop/plan.h"

namespace strop {

struct Cost {
  double start = 0;       // seconds: before the first stage
  double solving = 0;     // closed-form stages, the evaluation behind each included
  double training = 0;    // gradient stages, their evaluations included
  double evaluation = 0;  // the longest single evaluation of them
  double step = 0;        // the longest single step of them
  double finish = 0;      // from the last step to the end of the process
  std::int64_t peak_bytes = 0;
  std::int64_t cache_bytes = 0;  // the largest stage's cache, of peak_bytes

  double seconds() const { return start + solving + training + finish; }
};

// Samples at a time: plan.micro_batch, or the whole batch where it is 0. Stages with a wall clock take their seconds.
Cost predict_cost(const Plan& plan, const PlanFacts& facts);

}  // namespace strop
