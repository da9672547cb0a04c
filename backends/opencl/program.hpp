// A compiled graph: kernels in order and a plan of the memory that they use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cl.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/profile.hpp"
#include "step.hpp"

namespace sateen::opencl {

class Program {
 public:
  /// variants: of each operation one of variants_of, or "" for the first.
  Program(const sdk::GraphView& graph, const Workshop& workshop, const std::vector<std::string>& variants);

  uint64_t arena_bytes() const { return plan_.arena_bytes; }

  /// The memory of the i-th EXTERNAL storage for the runs to come. id: a number that no other memory of the device ever
  /// has, so that kernels that have this one already need not be told again; 0 where there is none.
  void bind(size_t external, cl_mem memory, uint64_t offset, uint64_t id = 0) {
    place_[plan_.externals[external]] = {memory, offset, id};
  }
  /// Memory for intermediate values. id: as in bind.
  struct Arena {
    cl_mem memory = nullptr;
    uint64_t id = 0;
  };
  /// Part of a pass: the groups that begin with operations `first` to before `last`.
  struct Stage {
    size_t first = 0, last = SIZE_MAX;
  };
  /// Enqueues a stage; the stages of a pass come in order, with one binding. With `wait`, each kernel is waited for
  /// before the next. Throws Failure when the first kernel is not taken, and LateFailure when a later one is not.
  void run(cl_command_queue queue, const Arena& arena, InFlight& in_flight, bool wait, Stage stage);

  /// With profile=1, where the time went: the kernels of an operation together. What is in flight must be done.
  size_t profile_count() const { return records_.size(); }
  sdk::OpTime profile(size_t i) const { return {records_[i]->name.c_str(), runs_, records_[i]->nanoseconds}; }

 private:
  struct Address {
    cl_mem memory = nullptr;
    uint64_t offset = 0;
    uint64_t id = 0;
    bool same_as(const Address& other) const { return id != 0 && id == other.id && offset == other.offset; }
  };
  /// The matrices of a product as buffers of their own: parts of what they lie in.
  struct Operands {
    Memory a, b, c, temporary;
  };
  Memory part(const LibraryProduct::Operand& operand, const std::string& op) const;
  std::vector<Operands> make_operands(std::span<const Call> calls) const;
  /// The calls of a stage.
  std::span<const Call> calls_of(Stage stage) const;
  /// begun: becomes true when the device has something to do.
  /// told: what the kernels' arguments are set to.
  void submit(std::span<const Call> calls, const std::vector<Address>& told, cl_command_queue queue,
              InFlight& in_flight, bool wait, bool& begun) const;
  cl_int enqueue(const Call& call, const std::vector<Address>& told, const Operands* operands, cl_command_queue queue,
                 ClEvent& done) const;

  /// Where a group's kernels begin.
  struct GroupStart {
    size_t op, call;
  };

  std::vector<Call> calls_;
  std::vector<GroupStart> starts_;
  std::vector<std::shared_ptr<OpRecord>> records_;  // of the operations, in order
  sdk::MemoryPlan plan_;
  std::vector<Address> place_;   // per storage, then per scratch
  std::vector<Address> told_;    // what the kernels' arguments are set to; nothing after a failure or half a pass
  std::vector<Address> before_;  // the same when this pass began
  uint64_t runs_ = 0;
};

}  // namespace sateen::opencl
