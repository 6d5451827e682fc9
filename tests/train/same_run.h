// Two runs of one job that must be the same run but for times and places.
#pragma once

#include <set>
#include <utility>

#include "train/tiny_job.h"

namespace strop {

// What the log says but for times and places; each step once.
inline std::vector<std::string> story(const TinyJob& job, const std::string& run) {
  std::vector<std::string> lines;
  std::set<std::pair<std::int64_t, bool>> seen;
  for (auto line : job.log(run)) {
    const bool evaluation = line.contains("eval_loss") || line.contains("eval_map");
    EXPECT_TRUE(seen.insert({line.at("current_steps").get<std::int64_t>(), evaluation}).second) << run << " " << line;
    for (const auto* key :
         {"elapsed_time", "remaining_time", "samples_per_second", "tokens_per_second", "resident_bytes"})
      line.erase(key);
    lines.push_back(line.dump());
  }
  return lines;
}

// The same bits in the weights, the same lines in the log, a finished run.
inline void expect_same_run(const TinyJob& job, const std::string& run, const std::string& whole,
                            const std::string& what) {
  EXPECT_EQ(job.weights(run), job.weights(whole)) << what;
  const auto found = story(job, run), expected = story(job, whole);
  EXPECT_EQ(found.size(), expected.size()) << what;
  const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  EXPECT_TRUE(a == found.end()) << what << ": " << *a << " instead of " << (b == expected.end() ? "nothing" : *b);
  EXPECT_EQ(job.json(run, "all_results.json").at("total_steps"), job.json(whole, "all_results.json").at("total_steps"))
      << what;
  EXPECT_TRUE(std::filesystem::exists(job.path(run) / "report.html")) << what;
}

}  // namespace strop
