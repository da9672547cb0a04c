// Data sets in memory, and their split.
#include <algorithm>
#include <limits>
#include <utility>

#include "io/bytes.hpp"
#include "io/xxh3.hpp"
#include "sateen/checked.hpp"
#include "sateen/data.hpp"
#include "sateen/random.hpp"

namespace sateen {

namespace {

uint64_t hash_of(const Shape& sample, Bytes images, Bytes labels) {
  Xxh3 hash;
  std::vector<uint8_t> shape((1 + sample.rank()) * sizeof(uint64_t));
  store_le(std::span(shape), 0, uint64_t{sample.rank()});
  for (size_t i = 0; i < sample.rank(); ++i) {
    store_le(std::span(shape), (1 + i) * sizeof(uint64_t), static_cast<uint64_t>(sample[i]));
  }
  hash.update(shape);
  hash.update(images);
  hash.update(labels);
  return hash.digest();
}

}  // namespace

Dataset::Dataset(Shape sample, std::vector<uint8_t> images, std::vector<uint8_t> labels,
                 std::vector<std::string> class_names)
    : sample_(std::move(sample)),
      images_(std::move(images)),
      labels_(std::move(labels)),
      class_names_(std::move(class_names)) {
  constexpr auto kBadInput = ErrorCode::kBadInput;
  if (class_names_.empty()) throw Error(kBadInput, "a data set needs at least one class");
  if (labels_.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error(kBadInput, "a data set of more than 2147483647 images is too large");
  }
  if (checked_mul(labels_.size(), sample_.elements(), "the data set", kBadInput) != images_.size()) {
    throw Error(kBadInput, std::to_string(labels_.size()) + " labels don't fit " + std::to_string(images_.size()) +
                               " bytes of images of " + sample_.to_string());
  }
  const auto worst = std::max_element(labels_.begin(), labels_.end());
  if (worst != labels_.end() && *worst >= class_names_.size()) {
    throw Error(kBadInput, "image " + std::to_string(worst - labels_.begin()) + " has label " + std::to_string(*worst) +
                               ", but there are " + std::to_string(class_names_.size()) + " classes, from 0");
  }
  hash_ = hash_of(sample_, images_, labels_);
}

std::span<const uint8_t> Dataset::image(uint32_t i) const {
  if (i >= size()) {
    throw Error(ErrorCode::kUsage, "there is no image " + std::to_string(i) + " of " + std::to_string(size()));
  }
  return images().subspan(i * sample_.elements(), sample_.elements());
}

Split split(uint32_t count, double share, uint64_t seed) {
  if (!(share >= 0 && share < 1)) {
    throw Error(ErrorCode::kUsage, "the share that is held out is not at least 0 and below 1");
  }
  if (count == 0 || count > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
    throw Error(ErrorCode::kUsage, "a data set of " + std::to_string(count) + " images can't be split");
  }
  // Below count: a double under 1 times a whole number rounds to a number under that.
  const auto held_out = static_cast<uint32_t>(share * count);
  std::vector<int32_t> order = random_permutation(count, RandomStream(seed, random_stream(RandomPurpose::kSplit)));
  const auto border = order.begin() + held_out;
  std::sort(order.begin(), border);
  std::sort(border, order.end());
  return {{border, order.end()}, {order.begin(), border}};
}

}  // namespace sateen
