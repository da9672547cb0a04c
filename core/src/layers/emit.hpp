// What the layers share while they emit and read their attributes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sateen/layers.hpp"

namespace sateen {

/// The batch of an activation tensor.
inline int64_t batch_of(const EmitContext& context, TensorId tensor) {
  return context.graph.shape(tensor)[0];
}

/// "conv2.backward_weights"
inline std::string op_name(const EmitContext& context, const char* what) {
  return context.name + "." + what;
}

/// Outputs and paddings of a sliding window in one direction.
struct Window {
  int64_t outputs, pad_before, pad_after;
};
/// Throws Error(kUsage) where the window does not fit.
Window slide(int64_t size, int64_t window, int64_t stride, Padding padding, const char* direction);

/// Throws Error(kUsage) unless both are 1 to 2¹⁵ (far beyond sense, and nothing overflows).
void check_extent(Extent extent, const char* what);

/// Takes attributes out one by one and, at the end, refuses what is left. For make_layer: throws Error(kBadInput).
class AttributeReader {
 public:
  explicit AttributeReader(const Attributes& attributes) : left_(attributes) {}
  int64_t integer(const char* key);
  double number(const char* key);
  Extent extent(const char* key);
  Padding padding(const char* key);
  void finish() const;

 private:
  Attribute take(const char* key);
  Attributes left_;
};

std::vector<int64_t> extent_attribute(Extent extent);
std::string padding_attribute(Padding padding);

}  // namespace sateen
