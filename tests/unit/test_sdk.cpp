// The SDK for backends: what its adaptor refuses for all of them, and its memory planner. What it refuses of graphs is
// tests/conformance's subject.
#define BOOST_TEST_DYN_LINK
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mini_graph.hpp"
#include "sateen/sdk/adaptor.hpp"
#include "sateen/sdk/arena.hpp"

namespace {

using namespace mini;
using sateen::sdk::ArenaPlan;
using sateen::sdk::ArenaRequest;
using sateen::sdk::Failure;
using sateen::sdk::LateFailure;
using sateen::sdk::plan_arena;

/// A backend whose queue fails: with what `fail` says, at once or late.
struct Failing {
  static constexpr const char* kName = "failing";
  static constexpr const char* kVersion = "1";
  struct Buffer {};
  struct Program {};
  struct Event {
    static bool wait(uint64_t timeout_ns) {
      if (timeout_ns == 1) return false;
      throw LateFailure(SATEEN_DEVICE_ERROR, "conv2 failed late");
    }
  };
  struct Device {
    static std::unique_ptr<Buffer> create_buffer(uint64_t bytes) {
      if (bytes == 1) throw std::bad_alloc();
      if (bytes == 2) throw std::runtime_error("a surprise");
      if (bytes == 3) throw 3;
      if (bytes == 4) throw Failure(SATEEN_UNSUPPORTED, "no fours");
      return std::make_unique<Buffer>();
    }
    static void destroy_buffer(std::unique_ptr<Buffer>) { throw std::runtime_error("even here"); }
    static void write(Buffer&, uint64_t, const void*, uint64_t) {}
    static void read(void*, const Buffer&, uint64_t, uint64_t) {}
    static std::unique_ptr<Event> read_async(void*, const Buffer&, uint64_t, uint64_t) { return mark(); }
    static std::unique_ptr<Event> mark() { return std::make_unique<Event>(); }
    static std::string unsupported(const sateen::sdk::GraphView&, const sateen::sdk::Op& op) {
      return op.kind == SATEEN_OP_ADVANCE ? "" : "too hard";
    }
    static std::unique_ptr<Program> compile(const sateen::sdk::GraphView&) { return std::make_unique<Program>(); }
    static void destroy_program(std::unique_ptr<Program>) {}
    static void run(Program&, const sateen::sdk::Bound<Buffer>*, size_t) {}
    static void finish() {}
  };
  static uint32_t device_count() { return 1; }
  static const sateen_device_info& device_info(uint32_t) {
    static const sateen_device_info kInfo = {sizeof(kInfo), SATEEN_DEVICE_OTHER, 4, 0, 100, 100, "f", "F", "", ""};
    return kInfo;
  }
  static std::unique_ptr<Device> open(uint32_t, const sateen::sdk::Options& o, sateen::sdk::Host) {
    o.finish();
    return std::make_unique<Device>();
  }
};

const sateen_backend& failing() {
  return *sateen::sdk::Adaptor<Failing>::entry(SATEEN_ABI_MAJOR, 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sdk)

BOOST_AUTO_TEST_CASE(another_major_version_gets_no_table) {
  BOOST_TEST(sateen_cpu_entry(SATEEN_ABI_MAJOR + 1, 0) == nullptr);
  BOOST_TEST(sateen_cpu_entry(SATEEN_ABI_MAJOR, 99) == &table());
  BOOST_TEST(table().struct_size == sizeof(sateen_backend));
}

BOOST_AUTO_TEST_CASE(exceptions_become_statuses) {
  sateen_device* device = nullptr;
  BOOST_REQUIRE(failing().device_open(0, nullptr, &kHost, &device) == SATEEN_OK);
  const struct {
    uint64_t bytes;
    sateen_status status;
    std::string message;
  } cases[] = {{1, SATEEN_NO_MEMORY, "memory"},     {2, SATEEN_INTERNAL, "a surprise"}, {3, SATEEN_INTERNAL, "unknown"},
               {4, SATEEN_UNSUPPORTED, "no fours"}, {0, SATEEN_INVALID, "byte"},        {101, SATEEN_NO_MEMORY, "100"}};
  auto* const untouched = reinterpret_cast<sateen_buffer*>(&device);
  for (const auto& c : cases) {
    sateen_buffer* out = untouched;
    BOOST_TEST(failing().buffer_create(device, c.bytes, &out) == c.status);
    BOOST_TEST(out == untouched);
    BOOST_TEST(std::string(failing().last_error(device)).find(c.message) != std::string::npos);
  }
  sateen_buffer* buffer = nullptr;
  BOOST_TEST(failing().buffer_create(device, 5, &buffer) == SATEEN_OK);
  failing().buffer_destroy(device, buffer);  // throws inside
  failing().buffer_destroy(device, nullptr);
  failing().device_close(device);
  failing().device_close(nullptr);
}

BOOST_AUTO_TEST_CASE(a_backend_may_describe_and_measure_nothing) {
  for (const char* extension : {SATEEN_DESCRIBE_1, SATEEN_PEAK_1}) {
    BOOST_TEST(failing().extension(extension) == nullptr);
    BOOST_TEST(table().extension(extension) != nullptr);
  }
}

BOOST_AUTO_TEST_CASE(a_backend_may_have_nothing_to_choose_from) {
  BOOST_TEST(failing().extension(SATEEN_TUNING_1) == nullptr);
  BOOST_TEST(table().extension(SATEEN_TUNING_1) == nullptr);
}

BOOST_AUTO_TEST_CASE(too_large_is_said_in_the_unit_that_fits) {
  BOOST_TEST(std::string(sateen::sdk::too_large(101, 100).what()).find("101 bytes in one piece is too much") == 0U);
  BOOST_TEST(std::string(sateen::sdk::too_large((300U << 20U) + 1, 128U << 20U).what()) ==
             "301 MiB in one piece is too much for the device, which grants 128 MiB");
}

BOOST_AUTO_TEST_CASE(a_late_failure_stays) {
  sateen_device* device = nullptr;
  BOOST_REQUIRE(failing().device_open(0, nullptr, &kHost, &device) == SATEEN_OK);
  sateen_event* event = nullptr;
  sateen_buffer* buffer = nullptr;
  BOOST_REQUIRE(failing().mark(device, &event) == SATEEN_OK);
  BOOST_REQUIRE(failing().buffer_create(device, 8, &buffer) == SATEEN_OK);
  BOOST_TEST(failing().event_wait(event, 1) == SATEEN_TIMEOUT);
  BOOST_TEST(failing().finish(device) == SATEEN_OK);
  BOOST_TEST(failing().event_wait(event, 2) == SATEEN_DEVICE_ERROR);
  BOOST_TEST(std::string(failing().last_error(nullptr)) == "conv2 failed late");
  BOOST_TEST(failing().finish(device) == SATEEN_DEVICE_ERROR);
  char byte = 0;
  BOOST_TEST(failing().read(device, &byte, buffer, 0, 1) == SATEEN_DEVICE_ERROR);
  BOOST_TEST(std::string(failing().last_error(device)) == "conv2 failed late");
  failing().event_destroy(event);
  failing().event_destroy(nullptr);
  failing().buffer_destroy(device, buffer);
  failing().device_close(device);
}

BOOST_AUTO_TEST_CASE(what_a_backend_cannot_do_is_marked) {
  sateen_device* device = nullptr;
  BOOST_REQUIRE(failing().device_open(0, nullptr, &kHost, &device) == SATEEN_OK);
  MiniGraph g;
  const uint32_t cursor = g.external({2}, SATEEN_I32), src = g.external({4}), dst = g.external({4});
  g.op(SATEEN_OP_ADVANCE, {cursor}, {cursor});
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {src}, {dst}, sateen_leaky_relu_attrs{1});
  const sateen_graph view = g.view();
  uint8_t supported[2] = {7, 7};
  sateen_program* program = nullptr;
  BOOST_TEST(failing().compile(device, &view, supported, &program) == SATEEN_UNSUPPORTED);
  BOOST_TEST((supported[0] == 1 && supported[1] == 0 && program == nullptr));
  BOOST_TEST(std::string(failing().last_error(device)) == "op1 is not supported: too hard");
  failing().device_close(device);
}

BOOST_AUTO_TEST_CASE(device_info_fills_what_the_caller_has_room_for) {
  sateen_device_info info{};
  info.struct_size = sizeof(info) + 64;
  BOOST_TEST(table().device_info(0, &info) == SATEEN_OK);
  BOOST_TEST(info.struct_size == sizeof(info));
  BOOST_TEST(std::string(info.id) == "cpu");
  sateen_device_info small{};
  small.struct_size = offsetof(sateen_device_info, memory_bytes);
  BOOST_TEST(table().device_info(0, &small) == SATEEN_OK);
  BOOST_TEST(small.alignment == info.alignment);
  BOOST_TEST(small.memory_bytes == 0U);
  BOOST_TEST(table().device_info(1, &info) == SATEEN_INVALID);
  BOOST_TEST(table().device_info(0, nullptr) == SATEEN_INVALID);
  BOOST_TEST(table().device_count(nullptr) == SATEEN_INVALID);
}

BOOST_AUTO_TEST_CASE(device_options) {
  const auto open = [](const char* option) {
    const char* options[] = {option, nullptr};
    sateen_device* device = nullptr;
    const sateen_status status = table().device_open(0, options, &kHost, &device);
    BOOST_TEST((device != nullptr) == (status == SATEEN_OK));
    table().device_close(device);
    return status;
  };
  for (const char* good : {"threads=1", "threads=3", "isa=auto", "isa=baseline", "profile=0", "profile=1"}) {
    BOOST_TEST(open(good) == SATEEN_OK, good);
  }
  for (const char* bad : {"threads=0", "threads=1025", "threads=", "threads=2x", "threads= 2", "threads", "=1",
                          "isa=mmx", "profile=2", "thread=2", ""}) {
    BOOST_TEST(open(bad) == SATEEN_INVALID, bad);
    const std::string word = std::string(bad).substr(0, std::string(bad).find('='));
    BOOST_TEST(std::string(table().last_error(nullptr)).find(word) != std::string::npos, bad);
  }
}

BOOST_AUTO_TEST_CASE(bindings_are_judged_before_anything_runs) {
  const OpenDevice device;
  const OpenDevice other;
  MiniGraph g;
  const uint32_t src = g.external({16}), dst = g.external({16});
  g.storages[src].flags = SATEEN_STORAGE_FROZEN;
  g.op(SATEEN_OP_LEAKY_RELU_FORWARD, {src}, {dst}, sateen_leaky_relu_attrs{1});
  const sateen_graph view = g.view();
  sateen_program* program = nullptr;
  BOOST_REQUIRE(table().compile(device.handle, &view, nullptr, &program) == SATEEN_OK);
  sateen_buffer *a = nullptr, *foreign = nullptr;
  BOOST_REQUIRE(table().buffer_create(device.handle, 256, &a) == SATEEN_OK);
  BOOST_REQUIRE(table().buffer_create(other.handle, 256, &foreign) == SATEEN_OK);
  const auto status = [&](sateen_binding first, sateen_binding second, uint32_t n = 2) {
    const sateen_binding bound[] = {first, second};
    return table().run(device.handle, program, bound, n);
  };
  BOOST_TEST(status({a, 0}, {nullptr, 0}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, 32}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, 256}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, ~uint64_t{63}}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, 0}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {foreign, 64}) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, 64}, 1) == SATEEN_INVALID);
  BOOST_TEST(status({a, 0}, {a, 192}) == SATEEN_OK);
  BOOST_TEST(status({a, 0}, {a, 64}) == SATEEN_OK);
  BOOST_TEST(status({a, 128}, {a, 64}) == SATEEN_INVALID);  // FROZEN moved
  table().program_destroy(device.handle, program);
  g.storages[dst].bytes = ~uint64_t{63};  // wraps around with the offset
  const sateen_graph huge = g.view();
  BOOST_REQUIRE(table().compile(device.handle, &huge, nullptr, &program) == SATEEN_OK);
  BOOST_TEST(status({a, 0}, {a, 64}) == SATEEN_INVALID);
  table().program_destroy(device.handle, program);
  table().buffer_destroy(device.handle, a);
  table().buffer_destroy(other.handle, foreign);
}

BOOST_AUTO_TEST_CASE(plans_share_memory_only_between_values_that_never_meet) {
  for (uint32_t seed = 1; seed < 50; ++seed) {
    std::vector<ArenaRequest> requests;
    const Floats random = numbers(3 * 40, seed);
    uint64_t all = 0;
    for (size_t i = 0; i < random.size(); i += 3) {
      const auto first = static_cast<size_t>((random[i] + 1) * 20);
      requests.push_back({static_cast<uint64_t>((random[i + 1] + 1) * 500), first,
                          first + static_cast<size_t>((random[i + 2] + 1) * 5)});
      all += sateen::sdk::align_up(requests.back().bytes, 64);
    }
    const ArenaPlan plan = plan_arena(requests, 64);
    BOOST_TEST(plan.bytes < all * 2 / 3);
    BOOST_TEST((plan.offset == plan_arena(requests, 64).offset));
    for (size_t a = 0; a < requests.size(); ++a) {
      BOOST_TEST(plan.offset[a] % 64 == 0U);
      BOOST_TEST(plan.offset[a] + requests[a].bytes <= plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        const bool meet = requests[a].first <= requests[b].last && requests[b].first <= requests[a].last;
        const bool apart = plan.offset[a] >= plan.offset[b] + requests[b].bytes ||
                           plan.offset[b] >= plan.offset[a] + requests[a].bytes;
        BOOST_TEST((!meet || apart || requests[a].bytes == 0 || requests[b].bytes == 0));
      }
    }
  }
  BOOST_CHECK_THROW(plan_arena({{~uint64_t{0}, 0, 1}}, 64), Failure);
  BOOST_CHECK_THROW(plan_arena({{uint64_t{1} << 62, 0, 1}, {uint64_t{1} << 62, 0, 1}}, 64), Failure);
}

BOOST_AUTO_TEST_SUITE_END()
