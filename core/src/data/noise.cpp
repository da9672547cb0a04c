// Pictures that are noise, for measurements.
#include <algorithm>

#include "sateen/checked.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/random.hpp"

namespace sateen {

Dataset noise_dataset(const Shape& sample, uint32_t classes, uint32_t count) {
  if (classes < 1 || classes > 256) throw Error(ErrorCode::kUsage, "a data set has 1 to 256 classes");
  RandomStream random(0, random_stream(RandomPurpose::kSplit));
  std::vector<uint8_t> images(checked_mul(count, sample.elements(), "the data set"));
  std::generate(images.begin(), images.end(), [&] { return static_cast<uint8_t>(random.next()); });
  std::vector<uint8_t> labels(count);
  for (uint32_t i = 0; i < count; ++i) labels[i] = static_cast<uint8_t>(i % classes);
  return {sample, std::move(images), std::move(labels), std::vector<std::string>(classes, "class")};
}

}  // namespace sateen
