// A compiled graph: one program of its device's, or several in turn where a part of the operations runs elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/crossing.hpp"
#include "graph/split.hpp"
#include "runtime/buffer_state.hpp"
#include "runtime/device_state.hpp"

namespace sateen {

class ProgramState {
 public:
  /// Compiles the graph, whose pointers must be good until this returns. Throws Error(kDevice) where neither the device
  /// nor the fallback can do an operation, or the fallback may not.
  ProgramState(std::shared_ptr<DeviceState> device, const sateen_graph& graph);
  ProgramState(const ProgramState&) = delete;
  ProgramState& operator=(const ProgramState&) = delete;

  void run(std::span<const Binding> bindings);
  bool has_stages() const { return whole_ && stages_ != nullptr; }
  void run_until(std::span<const Binding> bindings, size_t ops);
  std::vector<OpProfile> profile() const;
  /// How many operations run elsewhere.
  uint64_t fallback_ops() const { return fallback_ops_; }

 private:
  /// What a part does with one of its external storages, in the order of its bindings.
  struct Use {
    size_t place = 0;     ///< the graph's binding of that number, or after those memory of values that cross
    bool begins = false;  ///< whether another value of this memory has ended
    std::vector<ByteRange> touched, written;
  };
  struct Part {
    Side side = Side::kDevice;
    std::shared_ptr<sateen_program> handle;
    std::vector<Use> uses;
  };
  struct External {
    uint64_t bytes = 0;
    bool frozen = false;
  };
  /// Memory for a storage in the run under way.
  struct Place {
    BufferState* buffer = nullptr;
    uint64_t offset = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  void compile_parts(const sateen_graph& graph, std::vector<bool> supported);
  /// False where the device refuses more than it did; supported then says so.
  bool try_parts(const sateen_graph& graph, std::vector<bool>& supported, const std::string& refusal);
  void add_uses(Part& part, const std::vector<StorageUse>& uses, const sateen_graph& graph,
                const CrossingPlan& crossing = {}) const;
  /// What backends check too, but of one part after the other and by the numbers of its own bindings.
  void check_bindings(std::span<const Binding> bindings);
  void check_apart(std::span<const Binding> bindings);
  [[noreturn]] void refuse(const std::string& what) const;
  /// Whether the device does all, and checks the bindings itself: they are bound_ then.
  bool bind_whole(std::span<const Binding> bindings);
  /// Checks the bindings and finds memory for all parts.
  void place(std::span<const Binding> bindings);
  /// Brings to the part's side what it reads, and says that it writes.
  void bind_part(const Part& part);
  void submit(const Part& part);

  std::shared_ptr<DeviceState> device_;
  std::vector<External> externals_;                     // the graph's EXTERNAL storages
  std::vector<std::unique_ptr<BufferState>> crossing_;  // memory of INTERMEDIATE storages that several parts use
  std::vector<Part> parts_;
  bool whole_ = false;  // the device does all, with the graph's own bindings
  const sateen_stages* stages_ = nullptr;
  uint64_t fallback_ops_ = 0;
  std::vector<Place> places_;
  std::vector<Place> first_;   // of the externals in the first run of a program in parts: FROZEN ones stay there
  std::vector<size_t> order_;  // scratch of check_apart
  std::vector<sateen_binding> bound_;
};

}  // namespace sateen
