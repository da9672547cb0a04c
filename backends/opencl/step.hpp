// A prepared operation: kernels whose arguments are set, but for the memory that they work on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cl.hpp"
#include "clblast.hpp"
#include "fusion.hpp"
#include "in_flight.hpp"
#include "programs.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/graph_view.hpp"
#include "tuning.hpp"

namespace sateen::opencl {

/// Where a tensor or scratch lies: `request` counts the graph's storages, then the scratch of its steps.
struct Place {
  size_t request = 0;
  uint64_t offset = 0;  ///< in bytes
};

/// A product that the GEMM library computes.
struct LibraryProduct {
  struct Operand {
    Place place;
    uint64_t bytes = 0;  ///< 0: there is none
  };
  GemmShape shape;
  Operand a, b, c, temporary;
};

/// Something to be enqueued: a kernel, or a product of the GEMM library. Each of a kernel's buffers is two arguments, the
/// memory and the place of the first element in it, because a sub-buffer would need more alignment than a tensor has.
struct Call {
  struct Buffer {
    cl_uint argument;
    Place place;
    uint64_t element;  ///< bytes
  };
  Kernel kernel;
  std::vector<Buffer> buffers;
  size_t global = 1, local = 1;
  std::optional<LibraryProduct> product;
  std::shared_ptr<OpRecord> record;
};

/// Sets a call's arguments in the order of the kernel's parameters, and ends with its size.
class CallBuilder {
 public:
  CallBuilder(Call& call, cl_device_id device, size_t group) : call_(call), device_(device), group_(group) {}

  CallBuilder& buffer(Place place, uint64_t element = 4);
  CallBuilder& number(int64_t value);  ///< for int
  CallBuilder& wide(uint64_t value) { return set(value); }
  CallBuilder& unsigned_number(uint32_t value) { return set(value); }
  CallBuilder& real(float value) { return set(value); }
  /// At least so many work-items.
  void items(int64_t n);
  /// Exactly so many work-groups of `size`, for a kernel that StepBuilder::fits.
  void groups(int64_t n, int64_t size);

 private:
  template <typename T>
  CallBuilder& set(const T& value) {
    if (call_.kernel.get() == nullptr) return *this;  // to judge by
    check(clSetKernelArg(call_.kernel.get(), next_++, sizeof value, &value), call_.record->name + ": clSetKernelArg");
    return *this;
  }

  Call& call_;
  cl_device_id device_;
  size_t group_;
  cl_uint next_ = 0;
};

/// What the programs of a device are made with.
struct Workshop {
  const Tuning& tuning;
  Programs& programs;
  cl_device_id device;
  cl_command_queue queue;
  uint32_t alignment;
  std::string prefer;           ///< the variant to take, where an operation has it
  uint64_t largest_allocation;  ///< bytes
  bool judging = false;         ///< the steps are never run: no kernels are made for them
};

/// What a step is made from: the operation or the group of them, and the kernels and memory that it may ask for.
class StepBuilder {
 public:
  /// variant: one of variants_of the operation, or "" for the first. route: where the group's routes lie, if it has any.
  StepBuilder(const sdk::GraphView& graph, const Group& group, const Workshop& workshop,
              std::vector<sdk::ArenaRequest>& requests, std::vector<Call>& calls, std::string variant,
              std::optional<Place> route = {});

  const Tuning& tuning;
  const std::string variant;

  const sdk::GraphView& graph() const { return graph_; }
  const sdk::Op& op() const { return op_; }
  const std::shared_ptr<OpRecord>& record() const { return record_; }
  const sdk::Tensor& src(size_t i) const { return *graph_.src(op_, i); }
  const sdk::Tensor& dst(size_t i) const { return *graph_.dst(op_, i); }

  static Place place(const sdk::Tensor& t) { return {t.storage, t.offset}; }
  static std::optional<Place> place(const sdk::Tensor* t) {
    return t == nullptr ? std::nullopt : std::optional<Place>(place(*t));
  }
  /// Memory for this step's kernels alone.
  Place scratch(int64_t floats);
  /// Whether the device can run the kernel in groups of `group` with so much local memory.
  bool fits(const std::string& file, const std::string& kernel, const std::string& defines, int64_t group,
            int64_t local_bytes) const;
  /// One more kernel of this step.
  CallBuilder call(const std::string& file, const std::string& kernel, const std::string& defines = {});
  /// One more product of the GEMM library.
  void multiply(const GemmShape& shape, Place a, Place b, Place c);

  const Group& group() const { return group_; }
  std::optional<Place> route() const { return route_; }
  /// Where the group's result goes.
  Place result() const { return place(graph_.tensors()[group_.result_of(graph_).dst[0]]); }
  /// The gradient that a way back begins with.
  Place pooled_diff() const { return place(*graph_.src(op_, group_.dropout != nullptr ? 0 : 1)); }
  /// What the result is multiplied with below zero: the LeakyReLU's, or 1.
  float alpha() const;

 private:
  const sdk::GraphView& graph_;
  const Group& group_;
  const sdk::Op& op_;
  const Workshop& workshop_;
  std::vector<sdk::ArenaRequest>& requests_;
  std::vector<Call>& calls_;
  std::optional<Place> route_;
  std::shared_ptr<OpRecord> record_;
};

}  // namespace sateen::opencl
