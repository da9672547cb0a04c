// Compares the contract as C++17 reads it with what C11 saw, prints the list of operations and checks that it is sound.
#include "op_list.h"

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "contract: %s\n", what.c_str());
  ++failures;
}

/// A structure of attributes has the listed fields and no other: their bytes are all of it.
void expect_every_field() {
#define CONTRACT_FIELD(structure, field) listed[#structure] += sizeof(structure::field);
#define CONTRACT_ATTRS(constant, structure) \
  expect(listed[#structure] == sizeof(structure), #structure " has a field that SATEEN_FOR_EACH_ATTR_FIELD lacks");
  std::map<std::string, size_t> listed;
  SATEEN_FOR_EACH_ATTR_FIELD(CONTRACT_FIELD)
  SATEEN_FOR_EACH_ATTRS(CONTRACT_ATTRS)
#undef CONTRACT_FIELD
#undef CONTRACT_ATTRS
}

}  // namespace

int main() {
  const std::vector<op_row> ops = {SATEEN_FOR_EACH_OP(CONTRACT_ROW)};
  const contract_view c = contract_in_c();

  expect(c.abi_major == SATEEN_ABI_MAJOR && c.abi_minor == SATEEN_ABI_MINOR, "the ABI versions differ");
  expect(c.max_rank == SATEEN_MAX_RANK && c.none == SATEEN_NONE, "the constants differ");
  expect(c.n_ops == ops.size(), "the numbers of operations differ");

  expect_every_field();

  std::set<uint32_t> kinds;
  std::set<std::string> names;
  for (size_t i = 0; i < ops.size() && i < c.n_ops; ++i) {
    const op_row& op = ops[i];
    const std::string name = op.name;
    expect(c.op[i].kind == op.kind && c.op[i].name == name && c.op[i].n_src == op.n_src && c.op[i].n_dst == op.n_dst,
           name + " differs in C");
    expect(kinds.insert(op.kind).second, name + " has a number that another operation has");
    expect(names.insert(name).second, name + " is listed twice");
    expect(op.kind != 0 && op.n_dst > 0, name + " has no number or no destination");
    std::printf("%2u %-24s %u -> %u\n", op.kind, op.name, op.n_src, op.n_dst);
  }
  expect(SATEEN_OP_END_ == ops.size() + 1, "the numbers of the operations have gaps");
  return failures == 0 ? 0 : 1;
}
