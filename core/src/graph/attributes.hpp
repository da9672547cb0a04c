// The operations and the fields of their attributes by name: what a graph needs to be written as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sateen {

struct AttributeField {
  enum class Type { kI32, kU32, kU64, kF32 };
  const char* name;
  Type type;
  size_t offset;  ///< in the page's structure
};

/// What backend.h has on the page of an operation. Without attributes, size is 0.
struct OpPage {
  const char* name;
  std::span<const AttributeField> fields;
  size_t size;
};

/// Null for a kind that backend.h does not know.
const OpPage* find_op_page(uint32_t kind);

}  // namespace sateen
