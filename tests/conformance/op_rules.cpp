// The contract's rules about each operation: every way of spoiling a good one has to be refused by name.
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <tuple>

#include "raw_graph.hpp"
#include "suite.hpp"

namespace conformance {
namespace {

const std::vector<sateen_status> kInvalid = {SATEEN_INVALID};
const std::vector<sateen_status> kRefused = {SATEEN_INVALID, SATEEN_UNSUPPORTED};

/// The good operation to start from, by the name of its case.
const std::vector<std::pair<uint32_t, std::string>> kStart = {
    {SATEEN_OP_GATHER, "u8_f32_odd_sample"},
    {SATEEN_OP_CONV2D_FORWARD, "n3_h7_w31_c3_k7_k3x3_s2x2_p1011"},
    {SATEEN_OP_CONV2D_BACKWARD_DATA, "n3_h7_w31_c3_k7_k3x3_s2x2_p1011"},
    {SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, "n3_h7_w31_c3_k7_k3x3_s2x2_p1011"},
    {SATEEN_OP_MAX_POOL2D_FORWARD, "n3_h7_w31_c3_k3x3_s2x2_p1011"},
    {SATEEN_OP_MAX_POOL2D_BACKWARD, "n3_h7_w31_c3_k3x3_s2x2_p1011"},
    {SATEEN_OP_LEAKY_RELU_FORWARD, "dims_31_3"},
    {SATEEN_OP_LEAKY_RELU_BACKWARD, "dims_31_3"},
    {SATEEN_OP_DENSE_FORWARD, "n3_i7_o31"},
    {SATEEN_OP_DENSE_BACKWARD_DATA, "n3_i7_o31"},
    {SATEEN_OP_DENSE_BACKWARD_WEIGHTS, "n3_i7_o31"},
    {SATEEN_OP_DROPOUT, "odd"},
    {SATEEN_OP_SOFTMAX, "n3_c7"},
    {SATEEN_OP_SOFTMAX_CROSS_ENTROPY, "network_partial_batch"},
    {SATEEN_OP_ADAM, "odd"},
    {SATEEN_OP_ADVANCE, "from_0"},
    {SATEEN_OP_AUGMENT, "odd"},
    {SATEEN_OP_BATCH_NORM, "odd"},
    {SATEEN_OP_BATCH_NORM_TRAIN, "part_of_a_batch"},
    {SATEEN_OP_BATCH_NORM_BACKWARD, "part_of_a_batch"},
};

/// The arguments that may be SATEEN_NONE: {kind, source?, number}.
const std::set<std::tuple<uint32_t, bool, size_t>> kOptional = {{SATEEN_OP_GATHER, true, 1},
                                                                {SATEEN_OP_GATHER, true, 2},
                                                                {SATEEN_OP_AUGMENT, true, 1},
                                                                {SATEEN_OP_CONV2D_FORWARD, true, 2},
                                                                {SATEEN_OP_CONV2D_BACKWARD_WEIGHTS, false, 1},
                                                                {SATEEN_OP_DENSE_FORWARD, true, 2},
                                                                {SATEEN_OP_DENSE_BACKWARD_WEIGHTS, false, 1},
                                                                {SATEEN_OP_SOFTMAX_CROSS_ENTROPY, false, 1},
                                                                {SATEEN_OP_BATCH_NORM_BACKWARD, false, 0}};

struct Fault {
  std::string name;
  std::function<void(RawGraph&)> spoil;
  std::vector<sateen_status> accepted = kInvalid;
};

void make_room(RawGraph& g, const sateen_tensor& t) {
  g.storage_of(t).bytes += 1 << 20;
}

/// Faults of one argument.
void add_argument_faults(std::vector<Fault>& list, const RawGraph& good, bool is_src, size_t i) {
  const uint32_t kind = good.ops[0].kind;
  const std::string prefix = (is_src ? "src" : "dst") + std::to_string(i) + "_";
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
  if (kOptional.count({kind, is_src, i}) == 0)
    list.push_back({prefix + "none", [=](RawGraph& g) { indices(g)[i] = SATEEN_NONE; }});
  const bool gathered = kind == SATEEN_OP_GATHER && !is_src;  // into I32 would be right too
  add(
      "other_dtype",
      [gathered](RawGraph& g, sateen_tensor& t) {
        make_room(g, t);
        t.dtype = t.dtype == SATEEN_I32 || gathered ? SATEEN_U8 : SATEEN_I32;
      },
      kRefused);
  add("rank_too_large", [](RawGraph&, sateen_tensor& t) { t.dim[t.rank++] = 1; });
  // lr and valid have as many rows as they like.
  const bool valid = (kind == SATEEN_OP_BATCH_NORM_TRAIN || kind == SATEEN_OP_BATCH_NORM_BACKWARD) && is_src && i == 5;
  const bool free_length = valid || (kind == SATEEN_OP_ADAM && is_src && i == 4);
  if (!free_length)
    add("last_dim_larger", [](RawGraph& g, sateen_tensor& t) {
      make_room(g, t);
      t.dim[t.rank - 1] += 1;
    });
  const bool any_count = (kind == SATEEN_OP_GATHER || kind == SATEEN_OP_AUGMENT) && is_src && i == 0;
  const uint32_t rank = good.tensors[is_src ? good.ops[0].src[i] : good.ops[0].dst[i]].rank;
  if (rank > 1 && !any_count)
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

/// The first destination that is in place, or -1.
int first_in_place(uint32_t kind) {
  if (kind == SATEEN_OP_BATCH_NORM_TRAIN) return 3;
  return kind == SATEEN_OP_ADAM || kind == SATEEN_OP_ADVANCE ? 0 : -1;
}

/// Faults that every operation can have.
std::vector<Fault> common_faults(const RawGraph& good) {
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
  for (size_t i = 0; i < op.src.size(); ++i) add_argument_faults(list, good, true, i);
  for (size_t i = 0; i < op.dst.size(); ++i) add_argument_faults(list, good, false, i);
  if (first_in_place(op.kind) >= 0) {
    list.push_back({"not_in_place", [d = static_cast<size_t>(first_in_place(op.kind))](RawGraph& g) {
                      const uint32_t copy = g.duplicate(g.ops[0].dst[d]);
                      g.storages.push_back(g.storage_of(g.tensors[copy]));
                      g.tensors[copy].storage = static_cast<uint32_t>(g.storages.size() - 1);
                      g.ops[0].dst[d] = copy;
                    }});
  }
  if (first_in_place(op.kind) != 0) {
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

template <typename Attrs, typename F>
Fault attrs_fault(const std::string& name, F change, const std::vector<sateen_status>& accepted = kInvalid) {
  return {name, [change](RawGraph& g) { g.edit_attrs<Attrs>(change); }, accepted};
}

/// Faults of the attributes that windows have, for CONV2D and MAX_POOL2D. The kernel is 3 × 3.
template <typename Attrs>
std::vector<Fault> window_faults() {
  return {
      attrs_fault<Attrs>("stride_y_0", [](Attrs& a) { a.stride_y = 0; }),
      attrs_fault<Attrs>("stride_x_0", [](Attrs& a) { a.stride_x = 0; }),
      attrs_fault<Attrs>("stride_negative", [](Attrs& a) { a.stride_y = -2; }),
      attrs_fault<Attrs>("stride_other", [](Attrs& a) { a.stride_x = 1; }),
      attrs_fault<Attrs>("pad_negative", [](Attrs& a) { a.pad_left = -1; }),
      attrs_fault<Attrs>("pad_top_as_large_as_the_kernel",
                         [](Attrs& a) {
                           a.pad_top = 3;
                           a.pad_bottom = 0;  // as many output rows as before
                         }),
      attrs_fault<Attrs>("pad_right_too_large", [](Attrs& a) { a.pad_right = 4; }),
      attrs_fault<Attrs>("pad_bottom_huge", [](Attrs& a) { a.pad_bottom = std::numeric_limits<int32_t>::max(); }),
  };
}

std::vector<Fault> augment_faults() {
  using Attrs = sateen_augment_attrs;
  return {
      attrs_fault<Attrs>("mirror_2", [](Attrs& a) { a.mirror = 2; }),
      attrs_fault<Attrs>("max_shift_negative", [](Attrs& a) { a.max_shift = -1; }),
      attrs_fault<Attrs>("max_shift_as_large_as_the_height", [](Attrs& a) { a.max_shift = 3; }),
      attrs_fault<Attrs>("max_shift_huge", [](Attrs& a) { a.max_shift = std::numeric_limits<int32_t>::max(); }),
      attrs_fault<Attrs>(
          "reserved", [](Attrs& a) { a.reserved = 1; }, kRefused),
  };
}

std::vector<Fault> batch_norm_faults(uint32_t kind) {
  using Attrs = sateen_batch_norm_attrs;
  const float too_much = kind == SATEEN_OP_BATCH_NORM ? 0.5F : 1.5F;
  return {
      attrs_fault<Attrs>("epsilon_0", [](Attrs& a) { a.epsilon = 0; }),
      attrs_fault<Attrs>("epsilon_negative", [](Attrs& a) { a.epsilon = -1e-3F; }),
      attrs_fault<Attrs>("epsilon_nan", [](Attrs& a) { a.epsilon = std::nanf(""); }),
      attrs_fault<Attrs>("epsilon_infinite", [](Attrs& a) { a.epsilon = std::numeric_limits<float>::infinity(); }),
      attrs_fault<Attrs>("momentum_negative", [](Attrs& a) { a.momentum = -0.5F; }),
      attrs_fault<Attrs>("momentum_nan", [](Attrs& a) { a.momentum = std::nanf(""); }),
      attrs_fault<Attrs>("momentum_too_large", [too_much](Attrs& a) { a.momentum = too_much; }),
  };
}

std::vector<Fault> attribute_faults(uint32_t kind) {
  using Pool = sateen_max_pool2d_attrs;
  using Relu = sateen_leaky_relu_attrs;
  switch (kind) {
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return window_faults<sateen_conv2d_attrs>();
    case SATEEN_OP_MAX_POOL2D_FORWARD:
    case SATEEN_OP_MAX_POOL2D_BACKWARD: {
      std::vector<Fault> list = window_faults<Pool>();
      list.push_back(attrs_fault<Pool>("window_0", [](Pool& a) { a.window_y = 0; }));
      list.push_back(attrs_fault<Pool>("window_negative", [](Pool& a) { a.window_x = -3; }));
      list.push_back(attrs_fault<Pool>("window_other", [](Pool& a) { a.window_y = 5; }));
      return list;
    }
    case SATEEN_OP_LEAKY_RELU_FORWARD:
    case SATEEN_OP_LEAKY_RELU_BACKWARD:
      return {attrs_fault<Relu>("alpha_nan", [](Relu& a) { a.alpha = std::nanf(""); }),
              attrs_fault<Relu>("alpha_infinite", [](Relu& a) { a.alpha = std::numeric_limits<float>::infinity(); }),
              attrs_fault<Relu>("alpha_negative", [](Relu& a) { a.alpha = -0.1F; })};
    case SATEEN_OP_DROPOUT:
      return {attrs_fault<sateen_dropout_attrs>("first_element", [](sateen_dropout_attrs& a) { a.first_element = 6; }),
              attrs_fault<sateen_dropout_attrs>(
                  "reserved", [](sateen_dropout_attrs& a) { a.reserved = 1; }, kRefused)};
    case SATEEN_OP_ADAM:
      return {attrs_fault<sateen_adam_attrs>(
          "reserved", [](sateen_adam_attrs& a) { a.reserved = 1; }, kRefused)};
    case SATEEN_OP_AUGMENT:
      return augment_faults();
    case SATEEN_OP_BATCH_NORM:
    case SATEEN_OP_BATCH_NORM_TRAIN:
      return batch_norm_faults(kind);
    default:
      return {};
  }
}

NamedCase find_case(uint32_t kind, const std::string& name) {
  const CaseList list = all_cases();
  for (const NamedCase& c : list.cases())
    if (c.kind == kind && c.name == name) return c;
  throw std::logic_error("no case " + name);
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
  for (const auto& [kind, name] : kStart) {
    boost::unit_test::test_suite* op = BOOST_TEST_SUITE(op_name(kind));
    const NamedCase start = find_case(kind, name);
    const RawGraph good = RawGraph::of(start.build(), 256);
    for (const Fault& f : common_faults(good)) add_fault(*op, start, f);
    for (const Fault& f : attribute_faults(kind)) add_fault(*op, start, f);
    suite->add(op);
  }
  boost::unit_test::test_suite* copies = BOOST_TEST_SUITE("gather_copies");
  for (const char* name : {"u8_i32_odd_sample", "i32_i32_odd_sample", "f32_f32_odd_sample"}) {
    const NamedCase start = find_case(SATEEN_OP_GATHER, name);
    const auto attrs = [&](const char* what, float scale, float shift) {
      add_fault(*copies, start, attrs_fault<sateen_gather_attrs>(std::string(name) + what, [=](sateen_gather_attrs& a) {
        a = {scale, shift};
      }));
    };
    attrs("_scaled", 2, 0);
    attrs("_shifted", 1, 1);
  }
  suite->add(copies);
  return suite;
}

}  // namespace conformance
