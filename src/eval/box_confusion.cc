#include "eval/box_confusion.h"

#include <algorithm>
#include <cmath>

namespace strop {
namespace {

// A found box that counts, and the class of the true box that it chose (or the background's).
struct Choice {
  double score;
  std::size_t truth, found;
};

// The free true box that `box` meets and fits best among those of its own class, or among the others; -1: none.
std::ptrdiff_t best_truth(const FoundBox& box, const std::vector<TrueBox>& truths, const std::vector<char>& taken,
                          bool own) {
  std::ptrdiff_t best = -1;
  double most = 0;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const auto& truth = truths[i];
    if (truth.crowd || taken[i] != 0 || (truth.label == box.label) != own) continue;
    const double iou = intersection_over_union(truth.rect, box.rect);
    if (iou < kConfusionIou || iou <= most) continue;
    most = iou;
    best = static_cast<std::ptrdiff_t>(i);
  }
  return best;
}

bool lies_in_crowd(const FoundBox& box, const std::vector<TrueBox>& truths) {
  return std::any_of(truths.begin(), truths.end(), [&](const TrueBox& truth) {
    return truth.crowd && truth.label == box.label &&
           intersection(truth.rect, box.rect) >= kConfusionIou * box.rect.area();
  });
}

void choose(const JudgedPicture& picture, std::size_t background, std::vector<Choice>& choices) {
  std::vector<const FoundBox*> found;
  for (const auto& box : picture.found) {
    if (!std::isnan(box.score)) found.push_back(&box);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->score > b->score; });
  std::vector<char> taken(picture.truths.size(), 0);
  for (const auto* box : found) {
    auto chosen = best_truth(*box, picture.truths, taken, true);
    if (chosen < 0 && lies_in_crowd(*box, picture.truths)) continue;
    if (chosen < 0) chosen = best_truth(*box, picture.truths, taken, false);
    auto truth = background;
    if (chosen >= 0) {
      taken[static_cast<std::size_t>(chosen)] = 1;
      truth = static_cast<std::size_t>(picture.truths[static_cast<std::size_t>(chosen)].label);
    }
    choices.push_back({box->score, truth, static_cast<std::size_t>(box->label)});
  }
}

// 2 x right / (found + true), at every score of `sorted`; equal scores stand or fall together.
double score_of_best_f1(const std::vector<Choice>& sorted, std::int64_t truths) {
  double best = 0, score = kUsualScore;
  std::int64_t right = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    right += sorted[i].truth == sorted[i].found ? 1 : 0;
    if (i + 1 < sorted.size() && sorted[i + 1].score == sorted[i].score) continue;
    const double f1 = 2 * static_cast<double>(right) / static_cast<double>(static_cast<std::int64_t>(i) + 1 + truths);
    if (f1 > best) {
      best = f1;
      score = sorted[i].score;
    }
  }
  return score;
}

}  // namespace

BoxConfusion box_confusion(std::span<const JudgedPicture> pictures, std::size_t classes,
                           std::optional<double> least_score) {
  std::vector<Choice> choices;
  std::vector<std::int64_t> missed(classes);  // of each class: first all, then those that nothing chose
  std::int64_t truths = 0;
  for (const auto& picture : pictures) {
    choose(picture, classes, choices);
    for (const auto& truth : picture.truths) {
      if (truth.crowd) continue;
      ++missed.at(static_cast<std::size_t>(truth.label));
      ++truths;
    }
  }
  std::stable_sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) { return a.score > b.score; });
  BoxConfusion result;
  result.score = least_score ? *least_score : score_of_best_f1(choices, truths);
  const auto side = classes + 1;
  result.counts.resize(side * side);
  std::int64_t right = 0, found = 0;
  for (const auto& choice : choices) {
    if (choice.score < result.score) break;
    ++result.counts.at(choice.truth * side + choice.found);
    if (choice.truth < classes) --missed[choice.truth];
    right += choice.truth == choice.found ? 1 : 0;
    ++found;
  }
  for (std::size_t c = 0; c < classes; ++c) result.counts[c * side + classes] = missed[c];
  const auto share = [](std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  };
  result.precision = share(right, found);
  result.recall = share(right, truths);
  result.f1 = share(2 * right, found + truths);
  return result;
}

}  // namespace strop
