// The contract's rules about each operation: every way of spoiling a good one has to be refused by name.
#include "op_rules.hpp"

#include <algorithm>
#include <map>

#include "suite.hpp"

namespace conformance {
namespace {

/// Whether the rules have this operand in a list.
bool in(const Operands& list, const std::string& operand) {
  return std::find(list.begin(), list.end(), operand) != list.end();
}

void make_room(RawGraph& g, const sateen_tensor& t) {
  g.storage_of(t).bytes += 1 << 20;
}

/// Faults of one argument.
void add_argument_faults(std::vector<Fault>& list, const RawGraph& good, const OpRules& rules, bool is_src, size_t i) {
  const std::string operand = (is_src ? "src" : "dst") + std::to_string(i), prefix = operand + "_";
  const auto indices = [is_src](RawGraph& g) -> std::vector<uint32_t>& { return is_src ? g.ops[0].src : g.ops[0].dst; };
  const auto add = [&](const std::string& name, const std::function<void(RawGraph&, sateen_tensor&)>& change,
                       const std::vector<sateen_status>& accepted = kInvalid) {
    // A tensor of its own, so that only this argument changes, even where an operation works in place.
    list.push_back({prefix + name,
                    [=](RawGraph& g) {
                      uint32_t& index = indices(g)[i];
                      index = g.duplicate(index);
                      change(g, g.tensors[index]);
                    },
                    accepted});
  };
  list.push_back({prefix + "index", [=](RawGraph& g) { indices(g)[i] = static_cast<uint32_t>(g.tensors.size()); }});
  if (!in(rules.optional, operand))
    list.push_back({prefix + "none", [=](RawGraph& g) { indices(g)[i] = SATEEN_NONE; }});
  const bool i32_too = in(rules.i32_too, operand);
  add(
      "other_dtype",
      [i32_too](RawGraph& g, sateen_tensor& t) {
        make_room(g, t);
        t.dtype = t.dtype == SATEEN_I32 || i32_too ? SATEEN_U8 : SATEEN_I32;
      },
      kRefused);
  add("rank_too_large", [](RawGraph&, sateen_tensor& t) { t.dim[t.rank++] = 1; });
  if (!in(rules.any_length, operand))
    add("last_dim_larger", [](RawGraph& g, sateen_tensor& t) {
      make_room(g, t);
      t.dim[t.rank - 1] += 1;
    });
  const uint32_t rank = good.tensors[is_src ? good.ops[0].src[i] : good.ops[0].dst[i]].rank;
  if (rank > 1 && !in(rules.any_count, operand))
    add("first_dim_larger", [](RawGraph& g, sateen_tensor& t) {
      make_room(g, t);
      t.dim[0] += 1;
    });
  if (rank == 4)
    add("second_dim_larger", [](RawGraph& g, sateen_tensor& t) {
      make_room(g, t);
      t.dim[1] += 2;
    });
}

/// Faults that every operation can have.
std::vector<Fault> common_faults(const RawGraph& good, const OpRules& rules) {
  const RawOp& op = good.ops[0];
  std::vector<Fault> list = {
      {"source_missing", [](RawGraph& g) { g.ops[0].src.pop_back(); }},
      {"source_too_many", [](RawGraph& g) { g.ops[0].src.push_back(0); }},
      {"destination_missing", [](RawGraph& g) { g.ops[0].dst.pop_back(); }},
      {"destination_too_many", [](RawGraph& g) { g.ops[0].dst.push_back(SATEEN_NONE); }},
      {"attrs_size",
       [](RawGraph& g) {
         g.ops[0].attrs.resize(g.ops[0].attrs.size() + 4);
         g.ops[0].attrs_size = static_cast<uint32_t>(g.ops[0].attrs.size());
       },
       kRefused},
      {"source_never_written", [](RawGraph& g) { g.storage_of(g.src(0)).role = SATEEN_STORAGE_INTERMEDIATE; }},
      {"destination_frozen", [](RawGraph& g) { g.storage_of(g.dst(0)).flags = SATEEN_STORAGE_FROZEN; }},
  };
  if (op.attrs_size > 0) {
    list.push_back({"attrs_missing", [](RawGraph& g) {
                      g.ops[0].attrs.clear();
                      g.ops[0].attrs_size = 0;
                    }});
    list.push_back({"attrs_null", [](RawGraph& g) { g.ops[0].null_attrs = true; }});
  }
  for (size_t i = 0; i < op.src.size(); ++i) add_argument_faults(list, good, rules, true, i);
  for (size_t i = 0; i < op.dst.size(); ++i) add_argument_faults(list, good, rules, false, i);
  if (rules.in_place >= 0) {
    list.push_back({"not_in_place", [d = static_cast<size_t>(rules.in_place)](RawGraph& g) {
                      const uint32_t copy = g.duplicate(g.ops[0].dst[d]);
                      g.storages.push_back(g.storage_of(g.tensors[copy]));
                      g.tensors[copy].storage = static_cast<uint32_t>(g.storages.size() - 1);
                      g.ops[0].dst[d] = copy;
                    }});
  }
  if (rules.in_place != 0) {
    for (size_t i = 0; i < op.src.size(); ++i)
      list.push_back({"destination_overlaps_src" + std::to_string(i), [i](RawGraph& g) {
                        g.storage_of(g.src(i)).bytes += g.storage_of(g.dst(0)).bytes;
                        g.dst(0).storage = g.src(i).storage;
                      }});
  }
  if (op.dst.size() > 1)
    list.push_back({"destinations_overlap", [](RawGraph& g) {
                      g.storage_of(g.dst(0)).bytes += g.storage_of(g.dst(1)).bytes;
                      g.dst(1).storage = g.dst(0).storage;
                    }});
  return list;
}

void add_fault(boost::unit_test::test_suite& suite, const NamedCase& start, const Fault& fault) {
  add_test(suite, fault.name, [start, fault] {
    RawGraph g = RawGraph::of(start.build(), static_cast<uint32_t>(target().alignment()));
    fault.spoil(g);
    expect_refused(g, fault.accepted, true);
  });
}

}  // namespace

boost::unit_test::test_suite* op_rules_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("op_rules");
  const CaseList list = all_cases();
  for (uint32_t kind = 1; kind < SATEEN_OP_END_; ++kind) {
    std::map<std::string, boost::unit_test::test_suite*> suites;
    for (const auto& [of, rules] : list.rules()) {
      if (of != kind) continue;
      const NamedCase& start = list.find(kind, rules.start);
      boost::unit_test::test_suite*& op = suites[rules.faults_alone];
      if (op == nullptr)
        suite->add(op = BOOST_TEST_SUITE(rules.faults_alone.empty() ? op_name(kind) : rules.faults_alone));
      if (rules.faults_alone.empty()) {
        for (const Fault& f : common_faults(RawGraph::of(start.build(), 256), rules)) add_fault(*op, start, f);
      }
      for (const Fault& f : rules.faults) add_fault(*op, start, f);
    }
  }
  return suite;
}

}  // namespace conformance
