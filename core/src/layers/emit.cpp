// Windows, attribute readers, and what else the layers share.
#include "layers/emit.hpp"

#include <algorithm>

#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr int64_t kMaxExtent = 1 << 15;

}  // namespace

void check_extent(Extent extent, const char* what) {
  for (const int64_t v : {extent.y, extent.x}) {
    if (v < 1 || v > kMaxExtent) throw Error(ErrorCode::kUsage, std::string(what) + " is not between 1 and 32768");
  }
}

Window slide(int64_t size, int64_t window, int64_t stride, Padding padding, const char* direction) {
  if (padding == Padding::kValid) {
    if (size < window) {
      throw Error(ErrorCode::kUsage, "a window of " + std::to_string(window) + " does not fit into " +
                                         std::to_string(size) + " " + direction);
    }
    return {(size - window) / stride + 1, 0, 0};
  }
  const int64_t outputs = (size + stride - 1) / stride;
  const int64_t pad = std::max<int64_t>((outputs - 1) * stride + window - size, 0);
  return {outputs, pad / 2, pad - pad / 2};
}

Attribute AttributeReader::take(const char* key) {
  auto node = left_.extract(key);
  if (node.empty()) throw Error(ErrorCode::kBadInput, std::string("attribute '") + key + "' is missing");
  return std::move(node.mapped());
}

int64_t AttributeReader::integer(const char* key) {
  const Attribute a = take(key);
  if (const auto* v = std::get_if<int64_t>(&a)) return *v;
  throw Error(ErrorCode::kBadInput, std::string("attribute '") + key + "' is not a whole number");
}

double AttributeReader::number(const char* key) {
  const Attribute a = take(key);
  if (const auto* v = std::get_if<double>(&a)) return *v;
  if (const auto* v = std::get_if<int64_t>(&a)) return static_cast<double>(*v);
  throw Error(ErrorCode::kBadInput, std::string("attribute '") + key + "' is not a number");
}

Extent AttributeReader::extent(const char* key) {
  const Attribute a = take(key);
  const auto* v = std::get_if<std::vector<int64_t>>(&a);
  if (v == nullptr || v->size() != 2) {
    throw Error(ErrorCode::kBadInput, std::string("attribute '") + key + "' is not a pair of whole numbers");
  }
  return {(*v)[0], (*v)[1]};
}

Padding AttributeReader::padding(const char* key) {
  const Attribute a = take(key);
  const auto* v = std::get_if<std::string>(&a);
  if (v != nullptr && *v == "same") return Padding::kSame;
  if (v != nullptr && *v == "valid") return Padding::kValid;
  throw Error(ErrorCode::kBadInput, std::string("attribute '") + key + "' is neither 'same' nor 'valid'");
}

void AttributeReader::finish() const {
  if (!left_.empty()) throw Error(ErrorCode::kBadInput, "attribute '" + left_.begin()->first + "' is unknown");
}

std::vector<int64_t> extent_attribute(Extent extent) {
  return {extent.y, extent.x};
}

std::string padding_attribute(Padding padding) {
  return padding == Padding::kSame ? "same" : "valid";
}

}  // namespace sateen
