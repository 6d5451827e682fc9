// What the planner decides for real models, as `strop plan` shows it.
#include "program.h"

namespace strop {
namespace {

nlohmann::json planned(const TinyJob& job, const Words& more) {
  auto words = train_words(job, "run", more);
  words.front() = "plan";
  words.erase(words.begin() + 1, words.begin() + 3);  // --out of a run
  words.push_back("--json");
  const auto run = run_program_on(job, words);
  EXPECT_EQ(run.code, 0) << run.err;
  return nlohmann::json::parse(run.out);
}

// Behind a solved classifier BERT's pooler learns at 3e-5: at an adapter's rate the loss rose from the start.
TEST(LpFt, ThePoolerUnderASolvedHeadLearnsSlowly) {
  const TinyJob job;
  for (const auto* method : {"lora", "ia3", "full"}) {
    SCOPED_TRACE(method);
    const auto plan = planned(job, {"--method", method, "lp_ft=true"});
    ASSERT_GE(plan.at("stages").size(), 2U);
    EXPECT_NE(plan.at("stages").at(0).at("solver"), "gradient");
    for (std::size_t i = 1; i < plan.at("stages").size(); ++i) {
      const auto& stage = plan.at("stages").at(i);
      const double rate = stage.at("learning_rate");
      EXPECT_NEAR(rate * stage.at("lr_scale").at("pooler").get<double>(), 3e-5, 1e-9);
      EXPECT_EQ(stage.at("lr_scale").size(), 1U) << "nothing else is slowed";
    }
    EXPECT_EQ(plan.at("reasons").count("lr_scale"), 1U);
  }
  // Nothing to slow down: no solved head.
  const auto fresh = planned(job, {"--method", "lora"});
  EXPECT_TRUE(fresh.at("stages").back().at("lr_scale").empty()) << fresh;
  // A rate that a person gives below that stays as it is.
  const auto slow = planned(job, {"--method", "lora", "lp_ft=true", "learning_rate=1e-5"});
  EXPECT_TRUE(slow.at("stages").back().at("lr_scale").empty()) << slow;
}

// The plan that a run leaves is one that runs: of every method, with what each decides by itself.
TEST(PlanOfARun, RunsAgainToTheSameBits) {
  const TinyJob job;
  for (const auto& more : {Words{"--method", "head"}, Words{"--method", "layerwise", "gradual_unfreezing=true"},
                           Words{"--method", "full", "lp_ft=true"}, Words{"--method", "lora", "lp_ft=true"},
                           Words{"--method", "ia3", "infobatch=0.3"}, Words{"--method", "auto"}}) {
    SCOPED_TRACE(more[1]);
    const auto first = run_program_on(job, train_words(job, "first", more));
    ASSERT_EQ(first.code, 0) << first.err;
    const auto plan = (job.path("first") / "plan.yaml").string();
    const auto again = run_program_on(job, {"train", plan, "--out", job.path("again").string()});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(job.weights("again"), job.weights("first"));
    for (const auto* run : {"first", "again"}) std::filesystem::remove_all(job.path(run));
  }
}

}  // namespace
}  // namespace strop
