// The contract's rules about running: bindings, order, lifetimes, events.
#include <thread>

#include "raw_graph.hpp"
#include "sateen/error.hpp"
#include "suite.hpp"

namespace conformance {
namespace {

constexpr int64_t kCount = 1000;

std::vector<float> halves() {
  return std::vector<float>(kCount, -8.0F);
}
std::vector<float> untouched() {
  return std::vector<float>(kCount, 9.0F);
}
const std::vector<float> kDone(kCount, -4.0F);

/// A compiled LEAKY_RELU and its two buffers.
struct Relu {
  explicit Relu(Target& t) : graph(RawGraph::relu(kCount)), program(t, graph), src(t, halves()), dst(t, untouched()) {}
  std::vector<sateen_binding> bound() const { return {{src.handle, 0}, {dst.handle, 0}}; }
  RawGraph graph;
  RawProgram program;
  RawBuffer src, dst;
};

sateen_status run(sateen_program* program, const std::vector<sateen_binding>& bound) {
  return target().table().run(target().handle(), program, bound.data(), static_cast<uint32_t>(bound.size()));
}

void expect_ok(sateen_status status) {
  BOOST_REQUIRE_MESSAGE(status == SATEEN_OK, target().last_error());
}

struct BindingFault {
  std::string name;
  std::function<void(std::vector<sateen_binding>&)> spoil;
};

/// Every way of spoiling the bindings; `which` says of which storage.
std::vector<BindingFault> binding_faults() {
  std::vector<BindingFault> list = {
      {"too_few_bindings", [](std::vector<sateen_binding>& b) { b.pop_back(); }},
      {"too_many_bindings", [](std::vector<sateen_binding>& b) { b.push_back(b[0]); }},
      {"no_bindings", [](std::vector<sateen_binding>& b) { b.clear(); }},
  };
  for (const size_t which : {size_t{0}, size_t{1}}) {
    const std::string prefix = which == 0 ? "src_" : "dst_";
    const auto offset = [&](const char* name, const std::function<uint64_t()>& value) {
      list.push_back({prefix + name, [which, value](std::vector<sateen_binding>& b) { b[which].offset = value(); }});
    };
    list.push_back({prefix + "missing", [which](std::vector<sateen_binding>& b) { b[which].buffer = nullptr; }});
    offset("short", [] { return target().alignment(); });
    offset("past_the_end", [] { return target().alignment() * 4096; });
    offset("offset_wraps", [] { return ~(target().alignment() - 1); });
    offset("misaligned", [] { return uint64_t{1}; });
  }
  return list;
}

void check_fault(const BindingFault& fault) {
  Target& t = target();
  const Relu r(t);
  std::vector<sateen_binding> bound = r.bound();
  fault.spoil(bound);
  BOOST_TEST(run(r.program.handle, bound) == SATEEN_INVALID);
  BOOST_CHECK_MESSAGE(!t.last_error().empty(), "last_error is empty");
  BOOST_CHECK_MESSAGE(r.dst.read() == untouched(), "something ran all the same");
  expect_ok(run(r.program.handle, r.bound()));
  BOOST_TEST((r.dst.read() == kDone));
}

/// A misaligned place inside a buffer that has room for it.
void misaligned_with_room() {
  Target& t = target();
  const Relu r(t);
  const size_t room = kCount + t.alignment();
  const RawBuffer roomy(t, std::vector<float>(room, 9.0F));
  for (const uint64_t offset : {uint64_t{1}, uint64_t{2}, t.alignment() / 2, t.alignment() + 1})
    BOOST_TEST(run(r.program.handle, {{r.src.handle, 0}, {roomy.handle, offset}}) == SATEEN_INVALID);
  BOOST_TEST((roomy.read() == std::vector<float>(room, 9.0F)));
  expect_ok(run(r.program.handle, {{r.src.handle, 0}, {roomy.handle, 3 * t.alignment()}}));
  std::vector<float> want(room, 9.0F);
  std::fill_n(want.begin() + static_cast<std::ptrdiff_t>(3 * t.alignment() / 4), kCount, -4.0F);
  BOOST_TEST((roomy.read() == want));
}

/// Work that was submitted keeps what it needs.
void destroyed_right_after_run() {
  Target& t = target();
  for (int i = 0; i < 50; ++i) {
    const RawBuffer dst(t, untouched());
    {
      RawGraph graph = RawGraph::relu(kCount);
      const RawProgram program(t, graph);
      const RawBuffer src(t, halves());
      expect_ok(run(program.handle, {{src.handle, 0}, {dst.handle, 0}}));
    }
    BOOST_TEST((dst.read() == kDone));
  }
  {
    const Relu all_gone(t);
    expect_ok(run(all_gone.program.handle, all_gone.bound()));
  }
  expect_ok(t.table().finish(t.handle()));
}

/// A write after a run is not seen by it; a write before it is.
void order_of_writes_and_runs() {
  Target& t = target();
  const Relu r(t);
  std::vector<float> values(kCount);
  for (int i = 1; i <= 20; ++i) {
    values.assign(kCount, -2.0F * static_cast<float>(i));
    expect_ok(t.table().write(t.handle(), r.src.handle, 0, values.data(), kCount * 4));
    values.assign(kCount, 77.0F);  // the source may be reused at once
    expect_ok(run(r.program.handle, r.bound()));
    expect_ok(t.table().write(t.handle(), r.src.handle, 0, values.data(), kCount * 4));
    BOOST_TEST((r.dst.read() == std::vector<float>(kCount, -static_cast<float>(i))));
  }
}

/// One program, other buffers each time; two programs in turn.
void rebound_and_interleaved() {
  Target& t = target();
  const Relu a(t), b(t);
  const RawBuffer other_src(t, std::vector<float>(kCount, 6.0F)), other_dst(t, untouched());
  expect_ok(run(a.program.handle, a.bound()));
  expect_ok(run(b.program.handle, {{a.dst.handle, 0}, {b.dst.handle, 0}}));
  expect_ok(run(a.program.handle, {{other_src.handle, 0}, {other_dst.handle, 0}}));
  BOOST_TEST((a.dst.read() == kDone));
  BOOST_TEST((b.dst.read() == std::vector<float>(kCount, -2.0F)));
  BOOST_TEST((other_dst.read() == std::vector<float>(kCount, 6.0F)));
}

/// Many runs with nothing waited for.
void many_runs_in_flight() {
  sateen::Device& device = target().device();
  sateen::Graph g(device.info().alignment);
  const sateen::TensorId cursor = g.tensor(sateen::DType::kI32, sateen::Shape{2}, g.external(8));
  g.op(SATEEN_OP_ADVANCE, "advance", {cursor}, {cursor});
  const int32_t start[] = {0, 1000};
  const sateen::Buffer buffer = device.create_buffer(start, sizeof start);
  sateen::Program program = device.compile(g);
  const std::vector<sateen::Binding> bound = {buffer};
  for (int i = 0; i < 500; ++i) program.run(bound);
  BOOST_TEST((buffer.read_as<int32_t>() == std::vector<int32_t>{500, 1500}));
}

/// Waits in steps of a millisecond, so that a timeout shows too.
sateen_status wait_patiently(sateen_event* event) {
  sateen_status status = SATEEN_TIMEOUT;
  while (status == SATEEN_TIMEOUT) status = target().table().event_wait(event, 1000000);
  return status;
}

void read_async() {
  Target& t = target();
  const Relu r(t);
  std::vector<float> got(kCount, 1.0F);
  sateen_event* done = nullptr;
  expect_ok(run(r.program.handle, r.bound()));
  expect_ok(t.table().read_async(t.handle(), got.data(), r.dst.handle, 0, kCount * 4, &done));
  const sateen_status now = t.table().event_wait(done, 0);
  BOOST_TEST((now == SATEEN_OK || now == SATEEN_TIMEOUT));
  BOOST_TEST(wait_patiently(done) == SATEEN_OK);
  BOOST_TEST((got == kDone));
  BOOST_TEST(t.table().event_wait(done, UINT64_MAX) == SATEEN_OK);
  t.table().event_destroy(done);

  float one = 0;  // a part
  expect_ok(t.table().read_async(t.handle(), &one, r.dst.handle, (kCount - 1) * 4, 4, &done));
  BOOST_TEST(t.table().event_wait(done, UINT64_MAX) == SATEEN_OK);
  t.table().event_destroy(done);
  BOOST_TEST(one == -4.0F);

  done = nullptr;
  BOOST_TEST(t.table().read_async(t.handle(), &one, r.dst.handle, kCount * 4, 4, &done) == SATEEN_INVALID);
  BOOST_TEST(done == nullptr);
}

void events_destroyed_early() {
  Target& t = target();
  const Relu r(t);
  std::vector<float> got(kCount, 1.0F);
  expect_ok(run(r.program.handle, r.bound()));
  sateen_event* event = nullptr;
  expect_ok(t.table().read_async(t.handle(), got.data(), r.dst.handle, 0, kCount * 4, &event));
  t.table().event_destroy(event);
  expect_ok(t.table().mark(t.handle(), &event));
  t.table().event_destroy(event);
  expect_ok(t.table().finish(t.handle()));
  BOOST_TEST((got == kDone));
}

/// The buffer and the program go while the read is under way.
void destroyed_under_read_async() {
  Target& t = target();
  std::vector<float> got(kCount, 1.0F);
  sateen_event* done = nullptr;
  {
    const Relu r(t);
    expect_ok(run(r.program.handle, r.bound()));
    expect_ok(t.table().read_async(t.handle(), got.data(), r.dst.handle, 0, kCount * 4, &done));
  }
  BOOST_TEST(t.table().event_wait(done, UINT64_MAX) == SATEEN_OK);
  t.table().event_destroy(done);
  BOOST_TEST((got == kDone));
}

void event_waited_for_on_another_thread() {
  Target& t = target();
  const Relu r(t);
  expect_ok(run(r.program.handle, r.bound()));
  sateen_event* event = nullptr;
  expect_ok(t.table().mark(t.handle(), &event));
  sateen_status status = SATEEN_INTERNAL;
  std::thread([&] {
    status = wait_patiently(event);
    t.table().event_destroy(event);
  }).join();
  BOOST_TEST(status == SATEEN_OK);
  BOOST_TEST((r.dst.read() == kDone));
}

/// FROZEN bytes may be packed once; every run sees them all the same.
void frozen_over_many_runs() {
  Target& t = target();
  RawGraph graph = RawGraph::relu(kCount);
  graph.storages[0].flags = SATEEN_STORAGE_FROZEN;
  const RawProgram program(t, graph);
  const RawBuffer src(t, halves());
  for (int i = 0; i < 5; ++i) {
    const RawBuffer dst(t, untouched());
    expect_ok(run(program.handle, {{src.handle, 0}, {dst.handle, 0}}));
    BOOST_TEST((dst.read() == kDone));
  }
}

/// What core makes of a wrong binding.
void public_api_throws() {
  sateen::Device& device = target().device();
  sateen::Graph g(device.info().alignment);
  const sateen::TensorId src = g.tensor(sateen::DType::kF32, sateen::Shape{4}, g.external(16));
  const sateen::TensorId dst = g.tensor(sateen::DType::kF32, sateen::Shape{4}, g.external(16));
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {src}, {dst}, sateen_leaky_relu_attrs{0.5F});
  sateen::Program program = device.compile(g);
  const sateen::Buffer buffer = device.create_buffer(16), small = device.create_buffer(12);
  const auto is_usage = [](const sateen::Error& e) { return e.code() == sateen::ErrorCode::kUsage; };
  BOOST_CHECK_EXCEPTION(program.run(std::vector<sateen::Binding>{buffer}), sateen::Error, is_usage);
  BOOST_CHECK_EXCEPTION(program.run(std::vector<sateen::Binding>{buffer, small}), sateen::Error, is_usage);
}

}  // namespace

boost::unit_test::test_suite* run_rules_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("run_rules");
  for (const BindingFault& f : binding_faults()) add_test(*suite, f.name, [f] { check_fault(f); });
  add_test(*suite, "misaligned_with_room", misaligned_with_room);
  add_test(*suite, "destroyed_right_after_run", destroyed_right_after_run);
  add_test(*suite, "order_of_writes_and_runs", order_of_writes_and_runs);
  add_test(*suite, "rebound_and_interleaved", rebound_and_interleaved);
  add_test(*suite, "many_runs_in_flight", many_runs_in_flight);
  add_test(*suite, "read_async", read_async);
  add_test(*suite, "events_destroyed_early", events_destroyed_early);
  add_test(*suite, "destroyed_under_read_async", destroyed_under_read_async);
  add_test(*suite, "event_waited_for_on_another_thread", event_waited_for_on_another_thread);
  add_test(*suite, "frozen_over_many_runs", frozen_over_many_runs);
  add_test(*suite, "public_api_throws", public_api_throws);
  return suite;
}

}  // namespace conformance
