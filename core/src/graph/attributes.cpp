// The operations and the fields of their attributes by name, made from the lists of backend.h.
#include "graph/attributes.hpp"

#include <iterator>
#include <string_view>
#include <type_traits>

#include "sateen/backend.h"

namespace sateen {

namespace {

template <typename T>
constexpr AttributeField::Type type_of() {
  using Type = AttributeField::Type;
  if constexpr (std::is_same_v<T, int32_t>) return Type::kI32;
  if constexpr (std::is_same_v<T, uint32_t>) return Type::kU32;
  if constexpr (std::is_same_v<T, uint64_t>) return Type::kU64;
  if constexpr (std::is_same_v<T, float>) return Type::kF32;
}

/// All fields of all structures: those of one stand together.
constexpr AttributeField kFields[] = {
#define FIELD(structure, field) {#field, type_of<decltype(structure::field)>(), offsetof(structure, field)},
    SATEEN_FOR_EACH_ATTR_FIELD(FIELD)
#undef FIELD
};
/// Of each of them, the structure's name.
constexpr std::string_view kStructures[] = {
#define STRUCTURE(structure, field) #structure,
    SATEEN_FOR_EACH_ATTR_FIELD(STRUCTURE)
#undef STRUCTURE
};

constexpr std::span<const AttributeField> fields_of(std::string_view structure) {
  const size_t all = std::size(kFields);
  size_t first = 0;
  while (first < all && kStructures[first] != structure) ++first;
  size_t last = first;
  while (last < all && kStructures[last] == structure) ++last;
  return std::span(kFields).subspan(first, last - first);
}

/// Which kinds have which structure.
struct Attrs {
  uint32_t kind;
  std::string_view structure;
  size_t size;
};
constexpr Attrs kAttrs[] = {
#define ATTRS(constant, structure) {constant, #structure, sizeof(structure)},
    SATEEN_FOR_EACH_ATTRS(ATTRS)
#undef ATTRS
};

constexpr OpPage page_of(uint32_t kind, const char* name) {
  for (const Attrs& attrs : kAttrs) {
    if (attrs.kind == kind) return {name, fields_of(attrs.structure), attrs.size};
  }
  return {name, {}, 0};
}

}  // namespace

const OpPage* find_op_page(uint32_t kind) {
#define PAGE(constant, number, name, n_src, n_dst) page_of(constant, name),
  static constexpr OpPage kPages[] = {SATEEN_FOR_EACH_OP(PAGE)};
#undef PAGE
  static_assert(sizeof kPages / sizeof kPages[0] == SATEEN_OP_END_ - 1, "kinds count up from 1");
  return kind >= 1 && kind < SATEEN_OP_END_ ? &kPages[kind - 1] : nullptr;
}

}  // namespace sateen
