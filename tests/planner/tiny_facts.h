// Facts of a model of two encoder blocks whose figures are round, on a machine of 100 useful GFLOP/s in fp32.
#pragma once

#include "planner/plan_facts.h"
#include "strop/options.h"

namespace strop {

inline PlanFacts tiny_facts() {
  PlanFacts facts;
  facts.model.family = "bert";
  facts.model.blocks = {
      {.name = "embeddings", .parameters = 1000},
      {.name = "encoder.layer.0",
       .parameters = 1'000'000,
       .multiply_adds = 1e9,
       .kept = 4e5,
       .widest = 1e4,
       .live = 2e4},
      {.name = "encoder.layer.1",
       .parameters = 1'000'000,
       .multiply_adds = 1e9,
       .kept = 4e5,
       .widest = 1e4,
       .live = 2e4},
      {.name = "pooler", .parameters = 100, .multiply_adds = 100, .kept = 10, .widest = 10, .live = 2e4},
      {.name = "classifier", .parameters = 100, .multiply_adds = 100, .kept = 10, .widest = 10, .live = 10}};
  facts.model.head_begin = 3;
  facts.model.labels = 2;
  facts.rates = {400.0 / 3, 300};  // of which products in a row get 3/4
  facts.train_rows = 1024;
  facts.validation_rows = 100;
  facts.resident_bytes = 100 << 20;
  facts.available_bytes = std::int64_t{4} << 30;
  return facts;
}

inline Options with_method(const std::string& method) {
  Options options;
  options.method = method;
  options.precision = "fp32";
  options.lr_scheduler_type = "linear";
  return options;
}

}  // namespace strop
