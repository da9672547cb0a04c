// Holding the GEMM library against our own kernels.
#include "gemm_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "program.hpp"

namespace sateen::opencl {

namespace {

// Results may differ by so much of the largest: what the conformance tests allow a dense layer.
constexpr float kAllowed = 1e-5F;

/// Numbers from -1 to 1 in no order, the same each time.
std::vector<float> numbers(uint64_t count, uint32_t seed) {
  std::vector<float> values(count);
  uint32_t state = seed;
  for (float& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
  }
  return values;
}

/// A graph of the one operation, without bias. Its tensors are two sources and a destination, each in a storage of its
/// own.
class DenseGraph {
 public:
  DenseGraph(const DenseShape& s, uint32_t alignment) : view_(make(s), alignment) {}
  const sdk::GraphView& view() const { return view_; }

 private:
  sateen_graph make(const DenseShape& s) {
    using Sizes = std::array<int64_t, 2>;
    const Sizes src{s.n, s.inputs};
    const Sizes weights{s.inputs, s.outputs};
    const Sizes dst{s.n, s.outputs};
    std::array<Sizes, 3> sizes{src, weights, dst};
    if (s.kind == SATEEN_OP_DENSE_BACKWARD_DATA) sizes = {dst, weights, src};
    if (s.kind == SATEEN_OP_DENSE_BACKWARD_WEIGHTS) sizes = {src, dst, weights};
    for (uint32_t i = 0; i < 3; ++i) {
      const auto bytes = sdk::checked_mul(static_cast<uint64_t>(sizes[i][0]) * static_cast<uint64_t>(sizes[i][1]), 4);
      storages_[i] = {SATEEN_STORAGE_EXTERNAL, 0, bytes};
      tensors_[i] = {SATEEN_F32, i, 2, 0, 0, {sizes[i][0], sizes[i][1]}};
    }
    const bool forward = s.kind == SATEEN_OP_DENSE_FORWARD;
    const bool by_weights = s.kind == SATEEN_OP_DENSE_BACKWARD_WEIGHTS;
    op_ = {s.kind, forward ? 3U : 2U, by_weights ? 2U : 1U, 0, sources_.data(), results_.data(), nullptr, "check"};
    sateen_graph graph{};
    graph.struct_size = sizeof graph;
    graph.math = SATEEN_MATH_F32;
    graph.n_storages = graph.n_tensors = 3;
    graph.storage_stride = sizeof(sateen_storage);
    graph.tensor_stride = sizeof(sateen_tensor);
    graph.n_ops = 1;
    graph.op_stride = sizeof(sateen_op);
    graph.storage = storages_.data();
    graph.tensor = tensors_.data();
    graph.op = &op_;
    return graph;
  }

  std::array<sateen_storage, 3> storages_{};
  std::array<sateen_tensor, 3> tensors_{};
  std::array<uint32_t, 3> sources_{0, 1, SATEEN_NONE};
  std::array<uint32_t, 2> results_{2, SATEEN_NONE};
  sateen_op op_{};
  sdk::GraphView view_;  // last: it is made from the rest
};

Memory allocate(cl_context context, uint64_t bytes) {
  cl_int code = CL_SUCCESS;
  Memory memory(driver().create_buffer(context, bytes, &code));
  check(code, "clCreateBuffer");
  return memory;
}

/// Buffers for the operation, with room before and after each matrix.
class Bench {
 public:
  Bench(const sdk::GraphView& view, cl_context context, const Workshop& workshop) : view_(view), workshop_(workshop) {
    for (const sdk::Storage& storage : view.storages()) {
      buffers_.push_back(allocate(context, storage.bytes + 2 * uint64_t{workshop.alignment}));
    }
    result_.resize(view.storages()[2].bytes / sizeof(float) + room());
  }

  /// The matrices begin `offset` bytes into their buffers from now on. What is around them is no number, so that a result
  /// into which it came would show.
  void place(uint64_t offset) {
    offset_ = offset;
    for (uint32_t i = 0; i < 2; ++i) {
      const std::vector<float> values = numbers(view_.storages()[i].bytes / sizeof(float), i + 1);
      std::vector<float> whole(values.size() + 2 * room(), std::numeric_limits<float>::quiet_NaN());
      std::copy(values.begin(), values.end(), whole.begin() + static_cast<ptrdiff_t>(offset / sizeof(float)));
      check(clEnqueueWriteBuffer(workshop_.queue, buffers_[i].get(), CL_TRUE, 0, whole.size() * sizeof(float),
                                 whole.data(), 0, nullptr, nullptr),
            "clEnqueueWriteBuffer");
    }
  }

  /// The destination after a run, and the room behind it. What was there before was no number.
  const std::vector<float>& run(Program& program, cl_mem arena) {
    const cl_uint nan = kNan;
    check(clEnqueueFillBuffer(workshop_.queue, buffers_[2].get(), &nan, sizeof nan, 0,
                              view_.storages()[2].bytes + 2 * uint64_t{workshop_.alignment}, 0, nullptr, nullptr),
          "clEnqueueFillBuffer");
    for (size_t i = 0; i < 3; ++i) program.bind(i, buffers_[i].get(), offset_);
    InFlight in_flight(Timing::kNone);
    program.run(workshop_.queue, arena, in_flight, false);
    check(clEnqueueReadBuffer(workshop_.queue, buffers_[2].get(), CL_TRUE, offset_, result_.size() * sizeof(float),
                              result_.data(), 0, nullptr, nullptr),
          "clEnqueueReadBuffer");
    in_flight.collect();
    return result_;
  }

  /// Elements behind the matrix that are looked at, too.
  size_t room() const { return workshop_.alignment / sizeof(float); }
  static bool untouched(float value) {
    cl_uint bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return bits == kNan;
  }

 private:
  static constexpr cl_uint kNan = 0x7fc5a7eeU;
  const sdk::GraphView& view_;
  const Workshop& workshop_;
  std::vector<Memory> buffers_;
  std::vector<float> result_;
  uint64_t offset_ = 0;
};

std::string compare(const std::vector<float>& own, const std::vector<float>& library, size_t room) {
  const size_t n = own.size() - room;
  float largest = 0;
  for (size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(own[i]));
  for (size_t i = 0; i < n; ++i) {
    if (!(std::abs(library[i] - own[i]) <= kAllowed * largest)) {
      return sdk::text("element ", i, " of ", n, " is ", std::to_string(library[i]), " instead of ",
                       std::to_string(own[i]));
    }
  }
  if (!std::all_of(library.begin() + static_cast<ptrdiff_t>(n), library.end(), Bench::untouched)) {
    return "it writes past the end of its result";
  }
  return {};
}

}  // namespace

std::string check_gemm_library(const DenseShape& shape, cl_context context, const Workshop& workshop) try {
  const DenseGraph graph(shape, workshop.alignment);
  Program own(graph.view(), workshop, {false});
  Program library(graph.view(), workshop, {true});
  const uint64_t arena_bytes = std::max(own.arena_bytes(), library.arena_bytes());
  const Memory arena = allocate(context, std::max<uint64_t>(arena_bytes, 1));
  Bench bench(graph.view(), context, workshop);
  for (const uint64_t offset : {uint64_t{0}, uint64_t{workshop.alignment}}) {
    bench.place(offset);
    const std::vector<float> expected = bench.run(own, arena.get());
    std::string wrong = compare(expected, bench.run(library, arena.get()), bench.room());
    if (!wrong.empty()) return wrong;
  }
  return {};
} catch (const sdk::Failure& failure) {
  return failure.what();
}

}  // namespace sateen::opencl
