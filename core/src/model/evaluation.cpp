// Counting right and wrong answers, and what follows from the counts.
#include "sateen/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sateen/error.hpp"

namespace sateen {

namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Evaluation::Evaluation(int64_t classes) : classes_(classes) {
  constexpr int64_t kMost = 256;
  if (classes < 1 || classes > kMost) {
    throw Error(ErrorCode::kUsage, "an evaluation of " + std::to_string(classes) + " classes: there are 1 to 256");
  }
  counts_.resize(static_cast<size_t>(classes * classes));
}

void Evaluation::add(std::span<const float> probabilities, std::span<const uint8_t> labels) {
  const auto width = static_cast<size_t>(classes_);
  if (probabilities.size() != labels.size() * width) {
    throw Error(ErrorCode::kUsage, "an evaluation got " + std::to_string(probabilities.size()) + " probabilities for " +
                                       std::to_string(labels.size()) + " images of " + std::to_string(classes_) +
                                       " classes");
  }
  if (std::any_of(labels.begin(), labels.end(), [&](uint8_t label) { return label >= classes_; })) {
    throw Error(ErrorCode::kUsage,
                "an evaluation got a label that is none of " + std::to_string(classes_) + " classes");
  }
  if (!std::all_of(probabilities.begin(), probabilities.end(), [](float p) { return std::isfinite(p); })) {
    throw Error(ErrorCode::kBadInput, "a probability is not finite");
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = probabilities.subspan(i * width, width);
    const auto said = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    ++counts_[labels[i] * width + said];
    loss_sum_ -= std::log(static_cast<double>(std::max(row[labels[i]], std::numeric_limits<float>::min())));
  }
  images_ += labels.size();
}

double Evaluation::loss() const {
  return images_ == 0 ? 0 : loss_sum_ / static_cast<double>(images_);
}

double Evaluation::accuracy() const {
  uint64_t right = 0;
  for (int64_t c = 0; c < classes_; ++c) right += count(c, c);
  return ratio(right, images_);
}

uint64_t Evaluation::count(int64_t truth, int64_t said) const {
  return counts_.at(static_cast<size_t>(truth * classes_ + said));
}

ClassScores Evaluation::scores(int64_t label) const {
  ClassScores scores;
  uint64_t said = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    scores.support += count(label, c);
    said += count(c, label);
  }
  scores.precision = ratio(count(label, label), said);
  scores.recall = ratio(count(label, label), scores.support);
  scores.f1 = ratio(2 * count(label, label), said + scores.support);  // the same, without a quotient of two roundings
  return scores;
}

template <typename Weight>
ClassScores Evaluation::average(Weight weight) const {
  ClassScores sum;
  double weights = 0;
  for (int64_t c = 0; c < classes_; ++c) {
    const ClassScores one = scores(c);
    const double w = weight(one);
    sum.precision += w * one.precision;
    sum.recall += w * one.recall;
    sum.f1 += w * one.f1;
    sum.support += one.support;
    weights += w;
  }
  if (weights > 0) {
    sum.precision /= weights;
    sum.recall /= weights;
    sum.f1 /= weights;
  }
  return sum;
}

ClassScores Evaluation::macro_average() const {
  return average([](const ClassScores&) { return 1.0; });
}

ClassScores Evaluation::weighted_average() const {
  return average([](const ClassScores& scores) { return static_cast<double>(scores.support); });
}

}  // namespace sateen
