// A compiled graph: one program of its device's, or several in turn where a part of the operations runs elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

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
  std::vector<OpProfile> profile() const;
  /// How many operations run elsewhere.
  uint64_t fallback_ops() const { return fallback_ops_; }

 private:
  /// What a part does with one of its external storages, in the order of its bindings.
  struct Use {
    size_t place = 0;  ///< the graph's binding of that number, or after those a value that crosses between parts
    std::vector<ByteRange> touched, written;
  };
  struct Part {
    Side side = Side::kDevice;
    std::shared_ptr<sateen_program> handle;
    std::vector<Use> uses;
  };
  /// Memory for a storage in the run under way.
  struct Place {
    BufferState* buffer = nullptr;
    uint64_t offset = 0;
  };

  void compile_parts(const sateen_graph& graph, std::vector<bool> supported);
  /// False where the device refuses more than it did; supported then says so.
  bool try_parts(const sateen_graph& graph, std::vector<bool>& supported, const std::string& refusal);
  void add_uses(Part& part, const std::vector<StorageUse>& uses, const sateen_graph& graph,
                const std::vector<uint32_t>& crossing = {}) const;
  void check_bindings(std::span<const Binding> bindings) const;
  void run_part(const Part& part);
  void submit(const Part& part);

  std::shared_ptr<DeviceState> device_;
  std::vector<uint64_t> external_bytes_;                // of the graph's EXTERNAL storages
  std::vector<std::unique_ptr<BufferState>> crossing_;  // INTERMEDIATE storages that several parts use
  std::vector<Part> parts_;
  bool whole_ = false;  // the device does all, with the graph's own bindings
  uint64_t fallback_ops_ = 0;
  std::vector<Place> places_;
  std::vector<sateen_binding> bound_;
};

}  // namespace sateen
