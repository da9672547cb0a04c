// Random graphs over views in a few storages, cut in random places and run in turn with others over the same buffers:
// every byte is what cpu alone gives.
#define BOOST_TEST_DYN_LINK
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "capped.hpp"
#include "expect_error.hpp"
#include "sateen/device.hpp"
#include "sateen/random.hpp"

using namespace sateen;

namespace {

constexpr uint64_t kSlot = 64;  // bytes: 16 values
constexpr uint32_t kSlots = 5, kShared = 3, kTables = 3;
constexpr uint32_t kBindings = kShared + kTables;
constexpr int64_t kRows = 8;

/// A place of 16 values in a storage.
struct Slot {
  uint32_t storage = 0, index = 0;
  friend bool operator==(const Slot&, const Slot&) = default;
};

/// A graph over kShared external storages with kSlots slots each, as many values of its own, and tables: cursor, labels
/// and counts, log.
class RandomGraph {
 public:
  RandomGraph(uint32_t seed, uint32_t alignment) : random_(seed, 7), graph_(alignment) {
    for (uint32_t s = 0; s < kShared; ++s) storages_.push_back(graph_.external(kSlots * kSlot));
    cursor_ = graph_.tensor(DType::kI32, {2}, graph_.external(kSlot));
    const StorageId tables = graph_.external(2 * kSlot);
    labels_ = graph_.tensor(DType::kI32, {4}, tables);
    valid_ = graph_.tensor(DType::kI32, {kRows}, tables, kSlot);
    const StorageId log = graph_.external(2 * kSlot);
    log_ = graph_.tensor(DType::kF32, {kRows, 2}, log, kSlot);
    written_.assign(kShared, {});
    for (uint32_t s = 0; s < kShared; ++s) {
      for (uint32_t i = 0; i < kSlots; ++i) written_[s].push_back(true);
    }
    const uint32_t ops = 4 + random_.below(16);
    for (uint32_t i = 0; i < ops; ++i) add_op(i);
  }
  Graph& graph() { return graph_; }

 private:
  TensorId tensor(Slot slot, const Shape& shape = {16}) {
    return slot.storage < kShared ? graph_.tensor(DType::kF32, shape, storages_[slot.storage], slot.index * kSlot)
                                  : graph_.reshape(values_[slot.storage - kShared], shape);
  }
  /// Something that was written, other than these.
  Slot source(const std::vector<Slot>& others) {
    for (;;) {
      const uint32_t s = random_.below(static_cast<uint32_t>(written_.size()));
      const Slot slot{s, random_.below(static_cast<uint32_t>(written_[s].size()))};
      if (std::find(others.begin(), others.end(), slot) == others.end()) return slot;
    }
  }
  /// A new value, or a slot of a shared storage.
  Slot destination(const std::vector<Slot>& sources) {
    if (random_.below(2) != 0) {
      values_.push_back(graph_.value(DType::kF32, {16}));
      written_.push_back({true});
      return {static_cast<uint32_t>(written_.size() - 1), 0};
    }
    for (;;) {
      const Slot slot{random_.below(kShared), random_.below(kSlots)};
      if (std::find(sources.begin(), sources.end(), slot) == sources.end()) return slot;
    }
  }
  void add_op(uint32_t number) {
    const std::string name = "op" + std::to_string(number);
    const Slot a = source({}), b = source({a});
    switch (random_.below(8)) {
      case 0: {
        const Slot m = source({a, b}), v = source({a, b, m});
        sateen_adam_attrs attrs{0.5F, 0.5F, 0.1F, 0};
        const TensorId params = tensor(a), means = tensor(m), squares = tensor(v);
        const TensorId rates = tensor(source({a, b, m, v}));
        graph_.op(SATEEN_OP_ADAM, name, {params, tensor(b), means, squares, rates, cursor_}, {params, means, squares},
                  attrs);
        return;
      }
      case 1:
        if (advances_++ < 2) graph_.op(SATEEN_OP_ADVANCE, name, {cursor_}, {cursor_});
        return;
      case 2: {
        sateen_dropout_attrs attrs{};
        attrs.threshold = 1U << 30U;
        attrs.scale = 4.0F / 3;
        graph_.op(SATEEN_OP_DROPOUT, name, {tensor(a), cursor_}, {tensor(destination({a}))}, attrs);
        return;
      }
      case 3:
        graph_.op(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, name, {tensor(a, {4, 4}), labels_, valid_, cursor_},
                  {log_, tensor(destination({a}), {4, 4})});
        return;
      case 4:
        graph_.op(SATEEN_OP_SOFTMAX, name, {tensor(a, {2, 8})}, {tensor(destination({a}), {2, 8})});
        return;
      case 5:
        graph_.op(SATEEN_OP_LEAKY_RELU_BACKWARD, name, {tensor(a), tensor(b)}, {tensor(destination({a, b}))},
                  sateen_leaky_relu_attrs{2.0F});
        return;
      default:
        graph_.op(SATEEN_OP_LEAKY_RELU_FORWARD, name, {tensor(a)}, {tensor(destination({a}))},
                  sateen_leaky_relu_attrs{0.5F});
    }
  }

  RandomStream random_;
  Graph graph_;
  std::vector<StorageId> storages_;
  TensorId cursor_, labels_, valid_, log_;
  std::vector<TensorId> values_;
  std::vector<std::vector<bool>> written_;  // per storage and value, its slots
  int advances_ = 0;
};

/// While it lives, this process may take that much more address space.
class MemoryCap {
 public:
  explicit MemoryCap(uint64_t bytes) {
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    ::getrlimit(RLIMIT_AS, &before_);
    const rlimit limit{pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) + bytes, before_.rlim_max};
    BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  }
  MemoryCap(const MemoryCap&) = delete;
  MemoryCap& operator=(const MemoryCap&) = delete;
  ~MemoryCap() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

Registry subset() {
  Registry::Options options;
  options.backend_paths = {std::filesystem::path(SATEEN_FIXTURE_DIR) / "subset.so"};
  options.default_paths = false;
  return Registry(options);
}

/// Two graphs over the same buffers, in which their storages lie apart, run in turn while the host writes and reads.
std::vector<unsigned char> play(Device& device, uint32_t seed) {
  const uint32_t alignment = device.info().alignment;
  RandomGraph first(seed, alignment), second(seed + 1000, alignment);
  std::array<Program, 2> programs{device.compile(first.graph()), device.compile(second.graph())};
  RandomStream random(seed, 8);
  std::vector<Buffer> buffers;
  std::vector<Binding> bindings;
  constexpr uint64_t kPadding = 2 * kSlot;
  for (uint32_t s = 0; s < kShared; ++s) {
    std::vector<float> values((kSlots * kSlot + 2 * kPadding) / sizeof(float));
    for (float& v : values) v = static_cast<float>(random.below(2001)) / 1000.0F - 1.0F;
    buffers.push_back(device.create_buffer(values.data(), values.size() * sizeof(float)));
  }
  const std::vector<int32_t> cursor(16, 0),
      tables{0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<float> log(32, 7.0F);
  buffers.push_back(device.create_buffer(cursor.data(), kSlot));
  buffers.push_back(device.create_buffer(tables.data(), 2 * kSlot));
  buffers.push_back(device.create_buffer(log.data(), 2 * kSlot));
  for (size_t i = 0; i < kBindings; ++i) bindings.emplace_back(buffers[i], i < kShared ? kPadding : 0);

  std::vector<unsigned char> seen;
  std::vector<unsigned char> bytes(4 * kSlot);
  for (int turn = 0; turn < 6; ++turn) {
    programs[random.below(2)].run(bindings);
    // A run advances it by two at the most, and the log has eight rows.
    const std::array<int32_t, 2> start{static_cast<int32_t>(random.below(3)), turn};
    if (turn % 2 == 1) buffers[kShared].write(start);
    Buffer& buffer = buffers[random.below(kShared)];
    const uint64_t offset = 4 * random.below(80), size = 4 * random.below(64);
    if (random.below(2) == 0) {
      std::vector<float> values(size / sizeof(float));
      for (float& v : values) v = static_cast<float>(random.below(1001)) / 1000.0F;
      buffer.write(values, offset);
    } else if (random.below(2) == 0) {
      buffer.read(bytes.data(), size, offset);
      seen.insert(seen.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    } else {
      device.read_async(bytes.data(), buffer, size, offset).wait();
      seen.insert(seen.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  for (const Buffer& buffer : buffers) {
    const auto all = buffer.read_as<unsigned char>();
    seen.insert(seen.end(), all.begin(), all.end());
  }
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fallback_graphs)

BOOST_AUTO_TEST_CASE(any_graph_cut_anywhere) {
  const Registry registry = subset();
  Device cpu = registry.open("cpu");
  uint64_t elsewhere = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const std::vector<unsigned char> want = play(cpu, seed);
    Device device = registry.open("subset", {}, {"ops=seed:" + std::to_string(seed)});
    BOOST_REQUIRE_MESSAGE(play(device, seed) == want, "seed " << seed);
    elsewhere += device.fallback_ops();
  }
  BOOST_TEST(elsewhere > 1000U);
}

BOOST_AUTO_TEST_CASE(bindings_are_checked_before_anything_runs) {
  const Registry registry = subset();
  Device device = registry.open("subset", {}, {"ops=later"});
  Graph graph(device.info().alignment);
  const TensorId src = graph.tensor(DType::kF32, {16}, graph.external(kSlot));
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {src}, {graph.tensor(DType::kF32, {16}, graph.external(kSlot))},
           sateen_leaky_relu_attrs{0.5F});
  Program program = device.compile(graph);
  BOOST_TEST(program.fallback_ops() == 1U);
  const std::vector<float> ones(32, -1.0F);
  const Buffer a = device.create_buffer(ones.data(), 2 * kSlot), b = device.create_buffer(ones.data(), 2 * kSlot);
  const Buffer foreign = registry.open("cpu").create_buffer(2 * kSlot);
  const auto run = [&](const std::vector<Binding>& bindings) { program.run(bindings); };
  EXPECT_ERROR(run({a}), ErrorCode::kUsage, "1 bindings for 2 external storages");
  EXPECT_ERROR(run({a, Buffer()}), ErrorCode::kUsage, "binding 1 is missing");
  EXPECT_ERROR(run({foreign, b}), ErrorCode::kUsage, "binding 0 is a buffer of another device");
  EXPECT_ERROR(run({a, {b, 4}}), ErrorCode::kUsage, "binding 1 is off the device's alignment");
  EXPECT_ERROR(run({a, {b, 2 * kSlot}}), ErrorCode::kUsage, "binding 1 is too short for its storage");
  run({a, {b, kSlot}});
  std::vector<float> want(32, -1.0F);
  std::fill(want.begin() + 16, want.end(), -0.5F);
  BOOST_TEST(b.read_as<float>() == want);
  BOOST_TEST(a.read_as<float>() == ones);
}

// Though x and z are never in one part, and the moved storage is in the last one.
BOOST_AUTO_TEST_CASE(bindings_of_all_parts_are_checked_together) {
  const Registry registry = subset();
  for (const char* ops : {"all", "kinds:7,16"}) {  // leaky_relu_forward and advance
    BOOST_TEST_CONTEXT(ops) {
      Device device = registry.open("subset", {}, {std::string("ops=") + ops});
      Graph graph(device.info().alignment);
      const TensorId counted = graph.tensor(DType::kI32, {2}, graph.external(kSlot));
      const TensorId x = graph.tensor(DType::kF32, {1, 16}, graph.external(kSlot));
      const TensorId y = graph.tensor(DType::kF32, {1, 16}, graph.external(kSlot));
      const TensorId z = graph.tensor(DType::kF32, {1, 16}, graph.external(kSlot));
      const TensorId frozen = graph.tensor(DType::kF32, {1, 16}, graph.external(kSlot, SATEEN_STORAGE_FROZEN));
      graph.op(SATEEN_OP_ADVANCE, "advance", {counted}, {counted});
      graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {x}, {y}, sateen_leaky_relu_attrs{0.5F});
      graph.op(SATEEN_OP_SOFTMAX, "softmax", {y}, {z});
      graph.op(SATEEN_OP_SOFTMAX, "again", {frozen}, {y});
      Program program = device.compile(graph);
      const std::vector<int32_t> zeros(32, 0);
      std::vector<Buffer> buffers(6);
      for (Buffer& buffer : buffers) buffer = device.create_buffer(zeros.data(), 2 * kSlot);
      const auto run = [&](const std::vector<Binding>& bindings) { program.run(bindings); };
      const Buffer &count = buffers[0], &a = buffers[1], &b = buffers[2], &c = buffers[3], &w = buffers[4];
      EXPECT_ERROR(run({count, a, b, a, w}), ErrorCode::kUsage, "bindings 1 and 3 overlap");
      run({count, a, b, {a, kSlot}, w});
      for (const Binding moved : {Binding(buffers[5]), Binding(w, kSlot)}) {
        EXPECT_ERROR(run({count, a, b, c, moved}), ErrorCode::kUsage,
                     "binding 4 is of a FROZEN storage and not where it was in the first run");
      }
      BOOST_TEST(count.read_as<int32_t>()[0] == 1);
      run({count, a, b, c, w});
      BOOST_TEST(count.read_as<int32_t>()[0] == 2);
    }
  }
}

// What ran before the operation that failed is what is read, and what the next run begins with.
BOOST_AUTO_TEST_CASE(a_part_that_fails_half_way_has_written) {
  const Registry registry = subset();
  const std::string cpu_loss =
      "ops=kinds:" + std::to_string(SATEEN_OP_ADVANCE) + "," + std::to_string(SATEEN_OP_SOFTMAX_CROSS_ENTROPY);
  for (Device device : {registry.open("cpu"), registry.open("subset", {}, {cpu_loss})}) {
    BOOST_TEST_CONTEXT(device.info().id) {
      Graph graph(device.info().alignment);
      std::vector<StorageId> places(7);
      for (StorageId& place : places) place = graph.external(kSlot);
      const TensorId counted = graph.tensor(DType::kI32, {2}, places[0]),
                     y = graph.tensor(DType::kF32, {4, 4}, places[2]);
      graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {graph.tensor(DType::kF32, {4, 4}, places[1])}, {y},
               sateen_leaky_relu_attrs{0.5F});
      graph.op(SATEEN_OP_ADVANCE, "advance", {counted}, {counted});
      graph.op(SATEEN_OP_SOFTMAX_CROSS_ENTROPY, "loss",
               {y, graph.tensor(DType::kI32, {4}, places[3]), graph.tensor(DType::kI32, {2}, places[4]),
                graph.tensor(DType::kI32, {2}, places[5])},
               {graph.tensor(DType::kF32, {2, 2}, places[6]), {}});
      Program program = device.compile(graph);
      BOOST_TEST(program.fallback_ops() == (device.info().id == "cpu" ? 0U : 2U));
      const std::vector<int32_t> zeros(16, 0);
      std::vector<Buffer> buffers(places.size());
      for (Buffer& buffer : buffers) buffer = device.create_buffer(zeros.data(), kSlot);
      const std::vector<Binding> bindings(buffers.begin(), buffers.end());
      const auto run = [&] { program.run(bindings); };
      run();
      buffers[0].write(std::array<int32_t, 2>{0, 0});
      buffers[5].write(std::array<int32_t, 2>{9, 0});  // the log has no such row
      EXPECT_ERROR(run(), ErrorCode::kUsage, "row");
      BOOST_TEST(buffers[0].read_as<int32_t>()[0] == 1);
      buffers[5].write(std::array<int32_t, 2>{0, 0});
      run();
      BOOST_TEST(buffers[0].read_as<int32_t>()[0] == 2);
    }
  }
}

#ifndef SATEEN_ADDRESS_SANITIZER  // which ends a process that gets no memory
BOOST_AUTO_TEST_CASE(nothing_runs_where_memory_does_not_suffice) {
  const Registry registry = subset();
  Device device = registry.open("subset", {}, {"ops=kinds:" + std::to_string(SATEEN_OP_LEAKY_RELU_FORWARD)});
  constexpr int64_t kMany = int64_t{1} << 28;  // 1 GiB, which is never touched
  constexpr uint64_t kBytes = sizeof(float) * kMany;
  Graph graph(device.info().alignment);
  const TensorId counted = graph.tensor(DType::kI32, {2}, graph.external(kSlot));
  const TensorId src = graph.tensor(DType::kF32, {kMany}, graph.external(kBytes));
  graph.op(SATEEN_OP_ADVANCE, "advance", {counted}, {counted});
  graph.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu", {src}, {graph.tensor(DType::kF32, {kMany}, graph.external(kBytes))},
           sateen_leaky_relu_attrs{0.5F});
  Program program = device.compile(graph);
  Graph crossing(device.info().alignment);
  const TensorId value = crossing.value(DType::kF32, {1, kMany});
  crossing.op(SATEEN_OP_LEAKY_RELU_FORWARD, "relu",
              {crossing.tensor(DType::kF32, {1, kMany}, crossing.external(kBytes))}, {value},
              sateen_leaky_relu_attrs{0.5F});
  crossing.op(SATEEN_OP_SOFTMAX, "softmax", {value},
              {crossing.tensor(DType::kF32, {1, kMany}, crossing.external(kBytes))});
  const std::vector<int32_t> zeros(16, 0);
  const Buffer counter = device.create_buffer(zeros.data(), kSlot), from = device.create_buffer(kBytes),
               to = device.create_buffer(kBytes);
  {
    const MemoryCap cap(256U << 20U);
    for (int i = 0; i < 2; ++i) {
      EXPECT_ERROR(program.run(std::vector<Binding>{counter, from, to}), ErrorCode::kNoMemory,
                   "cpu: allocate 1024 MiB");
    }
    EXPECT_ERROR(device.compile(crossing), ErrorCode::kNoMemory, "; a smaller batch size needs less");
  }
  BOOST_TEST(counter.read_as<int32_t>()[0] == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
