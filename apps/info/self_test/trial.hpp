// One operation on given values, run on a device through the public interface.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sateen/device.hpp"
#include "sateen/graph.hpp"

namespace sateen::app {

/// A tensor with its values; without a shape it is "no tensor here".
struct Values {
  DType dtype = DType::kF32;
  Shape shape{1};
  std::vector<unsigned char> bytes;

  static Values none() { return {}; }
  static Values of(const Shape& shape, const std::vector<float>& values);
  static Values of(const Shape& shape, const std::vector<int32_t>& values);
  static Values of(const Shape& shape, const std::vector<uint8_t>& values);
  /// f32 from -1 to 1, or u8, in no order, the same each time.
  static Values random(const Shape& shape, uint32_t seed, DType dtype = DType::kF32);
  /// What was there before an operation wrote to it.
  static Values untouched(const Shape& shape, DType dtype = DType::kF32);
  bool there() const { return !bytes.empty(); }
};

struct Trial {
  using Ids = std::vector<TensorId>;

  uint32_t kind = 0;
  std::string name;  ///< "conv2d_forward of 3×5×7×2"
  std::vector<Values> src;
  std::vector<Values> dst;       ///< as they are before
  std::vector<size_t> in_place;  ///< which sources are the destinations after those of dst
  std::function<void(Graph& graph, const Ids& src, const Ids& dst)> emit;
  double tolerance = 0;      ///< of the largest value; 0: the same values
  bool spreads_nan = false;  ///< to values beside those that see one
};

/// The destinations after a run. Each tensor begins one step of the device's alignment into its buffer.
/// Throws Error(kDevice) also where bytes around a destination were written.
std::vector<Values> run_trial(Device& device, const Trial& trial);

/// How two devices' results of a trial differ.
struct Difference {
  double largest = 0;  ///< of the largest value
  std::string wrong;   ///< "" where it is within the tolerance
};
Difference compare(const Trial& trial, const std::vector<Values>& got, const std::vector<Values>& want);

}  // namespace sateen::app
