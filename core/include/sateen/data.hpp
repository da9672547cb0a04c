// Labelled images, and the readers of the files that they come in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sateen/export.hpp"
#include "sateen/log.hpp"
#include "sateen/shape.hpp"

namespace SATEEN_PUBLIC sateen {

/// Images as u8, one after the other, with one class each (so at most 256). Immutable: safe to read from several threads.
class Dataset {
 public:
  /// sample: one image's shape, [y][x][channel]. images: count · sample.elements() values. class_names: one per class,
  /// at least one; labels are below their number. Throws Error(kBadInput) when these disagree.
  Dataset(Shape sample, std::vector<uint8_t> images, std::vector<uint8_t> labels, std::vector<std::string> class_names);

  /// One image's shape, [y][x][channel].
  const Shape& sample_shape() const { return sample_; }
  /// How many images there are, below 2³¹.
  uint32_t size() const { return static_cast<uint32_t>(labels_.size()); }
  /// All pixels, size() · sample_shape().elements() of them. Spans are valid as long as the data set.
  std::span<const uint8_t> images() const { return images_; }
  /// The pixels of image i; Error(kUsage) unless i < size().
  std::span<const uint8_t> image(uint32_t i) const;
  /// The class of each image, in the order of images().
  std::span<const uint8_t> labels() const { return labels_; }
  /// A name for each class, by its label.
  const std::vector<std::string>& class_names() const { return class_names_; }
  /// XXH3-64 of shape, images and labels: tells data sets apart, not a defence against malice.
  uint64_t hash() const { return hash_; }

 private:
  Shape sample_;
  std::vector<uint8_t> images_, labels_;
  std::vector<std::string> class_names_;
  uint64_t hash_ = 0;
};

/// Pictures of seeded noise whose labels go round all classes: for measuring how long work takes, which does not depend on
/// what is on a picture. 1 ≤ classes ≤ 256; otherwise Error(kUsage).
Dataset noise_dataset(const Shape& sample, uint32_t classes, uint32_t count);

/// Two parts of a data set by index.
struct Split {
  std::vector<int32_t> train;     ///< images to train on
  std::vector<int32_t> held_out;  ///< images to evaluate on after each epoch; may be empty
};

/// Holds out ⌊share · count⌋ images, chosen by a seeded shuffle. 0 ≤ share < 1, and at least one image stays to train
/// on; otherwise Error(kUsage).
Split split(uint32_t count, double share, uint64_t seed);

/// Which of Fashion-MNIST's two sets.
enum class FashionMnistPart {
  kTrain,  ///< 60,000 images
  kTest,   ///< 10,000 images, never trained on
};

/// The folder of Debian's package dataset-fashion-mnist, be it installed or not.
std::filesystem::path packaged_data_folder();
/// SATEEN_DATA, or else the packaged folder.
std::filesystem::path default_data_folder();

/// Reads Fashion-MNIST's 60,000 or 10,000 images: IDX files, plain or gzip, with -idx3- or .idx3- in their names.
/// Throws Error(kBadInput) naming the file and what is wrong, or where to get it. Warns when the files are well-formed
/// but are not the real Fashion-MNIST.
Dataset load_fashion_mnist(const std::filesystem::path& folder, FashionMnistPart part, const LogSink& log = {});

}  // namespace sateen
