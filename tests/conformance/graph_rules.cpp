// The contract's rules about graphs as such: versions, strides, storages, tensors, unknown operations.
#include "raw_graph.hpp"
#include "sateen/error.hpp"
#include "suite.hpp"

namespace conformance {
namespace {

/// Faults of a graph, a storage or a tensor. The graph is a LEAKY_RELU of 7 × 3 values.
std::vector<Fault> faults() {
  std::vector<Fault> list = {
      {"struct_size_0", [](RawGraph& g) { g.struct_size = 0; }},
      {"struct_size_short", [](RawGraph& g) { g.struct_size = 40; }},
      {"graph_flags", [](RawGraph& g) { g.flags = 1; }, kRefused},
      {"math_0", [](RawGraph& g) { g.math = 0; }, kRefused},
      {"math_unknown", [](RawGraph& g) { g.math = 77; }, kRefused},
      {"storage_role_0", [](RawGraph& g) { g.storages[0].role = 0; }, kRefused},
      {"storage_role_unknown", [](RawGraph& g) { g.storages[0].role = 9; }, kRefused},
      {"storage_flag_unknown", [](RawGraph& g) { g.storages[0].flags = 0x80; }, kRefused},
      {"storage_of_0_bytes", [](RawGraph& g) { g.storages[0].bytes = 0; }},
      {"frozen_intermediate",
       [](RawGraph& g) {
         g.storages[1] = {SATEEN_STORAGE_INTERMEDIATE, SATEEN_STORAGE_FROZEN, g.storages[1].bytes};
       }},
      {"frozen_and_written", [](RawGraph& g) { g.storages[1].flags = SATEEN_STORAGE_FROZEN; }},
      {"name_null", [](RawGraph& g) { g.ops[0].null_name = true; }},
      {"intermediate_read_before_written", [](RawGraph& g) { g.storages[0].role = SATEEN_STORAGE_INTERMEDIATE; }},
  };
  using Change = std::function<void(RawGraph&, sateen_tensor&)>;
  const auto add = [&list](const std::string& name, const Change& change,
                           const std::vector<sateen_status>& accepted = kInvalid) {
    list.push_back({"src_" + name, [change](RawGraph& g) { change(g, g.src(0)); }, accepted});
    list.push_back({"dst_" + name, [change](RawGraph& g) { change(g, g.dst(0)); }, accepted});
  };
  add("storage_index", [](RawGraph& g, sateen_tensor& t) { t.storage = static_cast<uint32_t>(g.storages.size()); });
  add("storage_index_none", [](RawGraph&, sateen_tensor& t) { t.storage = SATEEN_NONE; });
  add("rank_0", [](RawGraph&, sateen_tensor& t) { t.rank = 0; });
  add("rank_7", [](RawGraph&, sateen_tensor& t) { t.rank = 7; });
  add("rank_huge", [](RawGraph&, sateen_tensor& t) { t.rank = 0xffffffffU; });
  add("dim_0", [](RawGraph&, sateen_tensor& t) { t.dim[1] = 0; });
  add("dim_negative", [](RawGraph&, sateen_tensor& t) { t.dim[0] = -7; });
  add("dims_both_negative", [](RawGraph&, sateen_tensor& t) {
    t.dim[0] = -7;
    t.dim[1] = -3;
  });
  add("dim_past_the_rank", [](RawGraph&, sateen_tensor& t) { t.dim[4] = 1; });
  add(
      "reserved", [](RawGraph&, sateen_tensor& t) { t.reserved = 1; }, kRefused);
  add("dtype_unknown", [](RawGraph&, sateen_tensor& t) { t.dtype = 77; }, {SATEEN_UNSUPPORTED});
  add("past_the_storage", [](RawGraph& g, sateen_tensor& t) { g.storage_of(t).bytes -= 1; });
  add("offset_past_the_storage", [](RawGraph&, sateen_tensor& t) { t.offset = target().alignment() * 1024; });
  add("offset_wraps", [](RawGraph&, sateen_tensor& t) { t.offset = ~(target().alignment() - 1); });
  add("offset_misaligned", [](RawGraph& g, sateen_tensor& t) {
    g.storage_of(t).bytes += 2;
    t.offset = 2;
  });
  add("dims_overflow", [](RawGraph&, sateen_tensor& t) {
    t.dim[0] = int64_t{1} << 62;
    t.dim[1] = int64_t{1} << 62;
  });
  add("bytes_overflow", [](RawGraph&, sateen_tensor& t) {
    t.dim[0] = int64_t{1} << 31;
    t.dim[1] = int64_t{1} << 31;
  });
  return list;
}

RawGraph relu_7x3() {
  RawGraph g = RawGraph::relu(21);
  for (sateen_tensor* t : {&g.src(0), &g.dst(0)}) {
    t->rank = 2;
    t->dim[0] = 7;
    t->dim[1] = 3;
  }
  return g;
}

/// Three operations of which the middle one is of no known kind.
void unknown_kind() {
  for (const uint32_t kind : {0U, static_cast<uint32_t>(SATEEN_OP_END_), 0xffffffffU}) {
    RawGraph g = relu_7x3();
    RawOp good = g.ops[0];
    good.name = "good";
    g.ops[0].kind = kind;
    g.ops = {good, g.ops[0], good};
    expect_refused(g, {SATEEN_UNSUPPORTED}, true);
    std::vector<uint8_t> supported(3, 9);
    target().table().compile(target().handle(), g.view(), supported.data(), nullptr);
    BOOST_TEST((supported == std::vector<uint8_t>{1, 0, 1}));
  }
}

void supported_operations_are_marked() {
  RawGraph g = relu_7x3();
  std::vector<uint8_t> supported(1, 9);
  BOOST_TEST(target().table().compile(target().handle(), g.view(), supported.data(), nullptr) == SATEEN_OK);
  BOOST_TEST(supported[0] == 1);
  BOOST_TEST(target().table().compile(target().handle(), g.view(), nullptr, nullptr) == SATEEN_OK);
}

void check_relu(RawGraph& g) {
  Target& t = target();
  RawProgram program(t, g);
  RawBuffer src(t, std::vector<float>(21, -4.0F)), dst(t, std::vector<float>(21, 9.0F));
  const sateen_binding bound[] = {{src.handle, 0}, {dst.handle, 0}};
  BOOST_REQUIRE(t.table().run(t.handle(), program.handle, bound, 2) == SATEEN_OK);
  BOOST_TEST((dst.read() == std::vector<float>(21, -2.0F)));
}

/// A later version's longer structures: this version's part is read, the rest passed over.
void grown_structures() {
  RawGraph g = relu_7x3();
  g.extra_stride = 24;
  check_relu(g);
  Bytes longer(sizeof(sateen_graph) + 64, 0xee);
  g.struct_size = static_cast<uint32_t>(longer.size());
  std::memcpy(longer.data(), g.view(), sizeof(sateen_graph));
  const auto* graph = reinterpret_cast<const sateen_graph*>(longer.data());
  BOOST_TEST(target().table().compile(target().handle(), graph, nullptr, nullptr) == SATEEN_OK);
}

/// A tensor that no operation uses is no fault, nor is an intermediate storage that none does.
void unused_parts() {
  RawGraph g = relu_7x3();
  g.duplicate(0);
  g.storages.push_back({SATEEN_STORAGE_INTERMEDIATE, 0, 1000});
  check_relu(g);
}

void graph_may_go_after_compile() {
  Target& t = target();
  auto g = std::make_unique<RawGraph>(relu_7x3());
  const RawProgram program(t, *g);
  for (RawOp& op : g->ops) {
    op.attrs.assign(op.attrs.size(), 0xee);
    op.name = "changed";
  }
  g.reset();
  RawBuffer src(t, std::vector<float>(21, -4.0F)), dst(t, std::vector<float>(21, 9.0F));
  const sateen_binding bound[] = {{src.handle, 0}, {dst.handle, 0}};
  BOOST_REQUIRE(t.table().run(t.handle(), program.handle, bound, 2) == SATEEN_OK);
  BOOST_TEST((dst.read() == std::vector<float>(21, -2.0F)));
}

/// What core makes of a refusal.
void public_api_throws() {
  sateen::Device& device = target().device();
  sateen::Graph g(device.info().alignment);
  const sateen::TensorId src = g.tensor(sateen::DType::kF32, sateen::Shape{4}, g.external(16));
  g.op(999, "from.the.future", {src}, {g.tensor(sateen::DType::kF32, sateen::Shape{4}, g.external(16))});
  BOOST_CHECK_EXCEPTION(device.compile(g), sateen::Error, [](const sateen::Error& e) {
    return e.code() == sateen::ErrorCode::kDevice && std::string(e.what()).find("from.the.future") != std::string::npos;
  });
  BOOST_TEST((device.supported(g) == std::vector<bool>{false}));
}

}  // namespace

boost::unit_test::test_suite* graph_rules_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("graph_rules");
  for (const Fault& f : faults())
    add_test(*suite, f.name, [f] {
      RawGraph g = relu_7x3();
      f.spoil(g);
      expect_refused(g, f.accepted, false);
    });
  add_test(*suite, "unknown_kind", unknown_kind);
  add_test(*suite, "supported_operations_are_marked", supported_operations_are_marked);
  add_test(*suite, "grown_structures", grown_structures);
  add_test(*suite, "unused_parts", unused_parts);
  add_test(*suite, "graph_may_go_after_compile", graph_may_go_after_compile);
  add_test(*suite, "public_api_throws", public_api_throws);
  return suite;
}

}  // namespace conformance
