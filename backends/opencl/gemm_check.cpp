// Holding the GEMM library against our own kernels.
#include "gemm_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "program.hpp"
#include "variant.hpp"

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

/// The three matrices in one buffer, as most lie in the arena, at unequal distances. What is around them, and in the
/// destination before a run, is no number.
class Bench {
 public:
  Bench(const sdk::GraphView& view, cl_context context, const Workshop& workshop) : workshop_(workshop) {
    const uint64_t gap = workshop.alignment;
    uint64_t end = 0;
    for (size_t i = 0; i < offset_.size(); ++i) {
      offset_[i] = sdk::align_up(end, gap) + (i + 1) * gap;
      end = offset_[i] + view.storages()[i].bytes;
    }
    before_.assign((end + gap) / sizeof(float), std::numeric_limits<float>::quiet_NaN());
    result_ = view.storages()[2].bytes / sizeof(float);
    for (uint32_t i = 0; i < 2; ++i) {
      const std::vector<float> values = numbers(view.storages()[i].bytes / sizeof(float), i + 1);
      std::copy(values.begin(), values.end(), before_.begin() + static_cast<ptrdiff_t>(offset_[i] / sizeof(float)));
    }
    cl_int code = CL_SUCCESS;
    memory_ = Memory(driver().create_buffer(context, bytes(), &code));
    check(code, "memory to check CLBlast in: clCreateBuffer");
  }

  /// The whole buffer after a run.
  std::vector<float> run(Program& program, cl_mem arena) {
    check(
        clEnqueueWriteBuffer(workshop_.queue, memory_.get(), CL_TRUE, 0, bytes(), before_.data(), 0, nullptr, nullptr),
        "clEnqueueWriteBuffer");
    for (size_t i = 0; i < offset_.size(); ++i) program.bind(i, memory_.get(), offset_[i]);
    InFlight in_flight(Timing::kNone);
    program.run(workshop_.queue, arena, in_flight, false);
    std::vector<float> after(before_.size());
    check(clEnqueueReadBuffer(workshop_.queue, memory_.get(), CL_TRUE, 0, bytes(), after.data(), 0, nullptr, nullptr),
          "clEnqueueReadBuffer");
    in_flight.collect();
    return after;
  }

  /// What is wrong with the library's buffer, held against that of our own kernels; "" where nothing is.
  std::string compare(const std::vector<float>& own, const std::vector<float>& library) const {
    const size_t begin = offset_[2] / sizeof(float);
    float largest = 0;
    for (size_t i = begin; i < begin + result_; ++i) largest = std::max(largest, std::abs(own[i]));
    for (size_t i = begin; i < begin + result_; ++i) {
      if (!(std::abs(library[i] - own[i]) <= kAllowed * largest)) {
        return sdk::text("element ", i - begin, " of ", result_, " is ", std::to_string(library[i]), " instead of ",
                         std::to_string(own[i]));
      }
    }
    const bool beside = std::memcmp(library.data(), before_.data(), offset_[2]) != 0 ||
                        std::memcmp(library.data() + begin + result_, before_.data() + begin + result_,
                                    (before_.size() - begin - result_) * sizeof(float)) != 0;
    return beside ? "it writes beside its result" : "";
  }

 private:
  size_t bytes() const { return before_.size() * sizeof(float); }

  const Workshop& workshop_;
  std::array<uint64_t, 3> offset_{};
  size_t result_ = 0;  ///< elements of the destination, which lies last
  std::vector<float> before_;
  Memory memory_;
};

}  // namespace

std::string check_gemm_library(const DenseShape& shape, cl_context context, const Workshop& workshop) try {
  const DenseGraph graph(shape, workshop.alignment);
  Program own(graph.view(), workshop, {""});
  Program library(graph.view(), workshop, {kGemmLibrary});
  cl_int code = CL_SUCCESS;
  const uint64_t arena_bytes = std::max({own.arena_bytes(), library.arena_bytes(), uint64_t{1}});
  const Memory arena(driver().create_buffer(context, arena_bytes, &code));
  check(code, "memory to check CLBlast in: clCreateBuffer");
  Bench bench(graph.view(), context, workshop);
  const std::vector<float> expected = bench.run(own, arena.get());
  return bench.compare(expected, bench.run(library, arena.get()));
} catch (const sdk::LateFailure&) {
  throw;
} catch (const sdk::Failure& failure) {
  if (failure.status() == SATEEN_NO_MEMORY) throw;  // it says nothing of the library
  return failure.what();
}

}  // namespace sateen::opencl
