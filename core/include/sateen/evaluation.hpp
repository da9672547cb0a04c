// How good a classifier's probabilities are: loss, accuracy, and what it makes of each class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sateen/export.hpp"

namespace SATEEN_PUBLIC sateen {

/// Of one class, or a mean over classes. A quotient of nothing by nothing is 0, as scikit-learn has it.
struct ClassScores {
  double precision = 0;  ///< of the images that were said to be of the class, the share that is
  double recall = 0;     ///< of the images that are of the class, the share that was said to be
  double f1 = 0;         ///< their harmonic mean, 2 · precision · recall / (precision + recall)
  uint64_t support = 0;  ///< images that are of the class
};

/// Adds up what a classifier says about labelled images. An image counts for the class with its highest probability, the
/// first where several have it. A value; added to by one thread at a time.
class Evaluation {
 public:
  /// 1 ≤ classes ≤ 256; otherwise Error(kUsage).
  explicit Evaluation(int64_t classes);

  /// probabilities: a row of classes() for each label, as Predictor::predict gives them. Throws Error(kUsage) when the
  /// sizes disagree or a label is no class, Error(kBadInput) when a probability is not finite; nothing is added then.
  void add(std::span<const float> probabilities, std::span<const uint8_t> labels);

  /// As the constructor had it: the length of a row of probabilities.
  int64_t classes() const { return classes_; }
  /// How many were added so far.
  uint64_t images() const { return images_; }
  /// Mean cross-entropy, -ln of the probability of the true class. Probabilities below the smallest normal float, 1.2e-38,
  /// count as that. 0 without images, and so below.
  double loss() const;
  /// The share of images whose class was said, 0 to 1.
  double accuracy() const;
  /// Images of class `truth` that were said to be of class `said`: a cell of the confusion matrix.
  uint64_t count(int64_t truth, int64_t said) const;
  /// Of one class, one against the rest. 0 ≤ label < classes().
  ClassScores scores(int64_t label) const;
  /// The mean over all classes, each counting the same.
  ClassScores macro_average() const;
  /// The mean over all classes, each counting by its support.
  ClassScores weighted_average() const;

 private:
  template <typename Weight>
  ClassScores average(Weight weight) const;

  int64_t classes_;
  uint64_t images_ = 0;
  double loss_sum_ = 0;
  std::vector<uint64_t> counts_;  ///< [truth][said]
};

}  // namespace sateen
