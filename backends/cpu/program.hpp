// A compiled graph: steps in order and a plan of the memory that they use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/graph_view.hpp"
#include "sateen/sdk/timed_steps.hpp"
#include "step.hpp"

namespace sateen::cpu {

class Program : public sdk::TimedSteps<Step> {
 public:
  Program(const sdk::GraphView& graph, const KernelTable& kernels, bool profile);

  uint64_t arena_bytes() const { return plan_.arena_bytes; }
  uint64_t thread_scratch_bytes() const { return per_thread_; }

  /// The address of the i-th EXTERNAL storage for the runs to come.
  void bind(size_t external, unsigned char* address) { address_[plan_.externals[external]] = address; }
  /// The steps of a pass that begin with operations `first` to before `last`. arena and thread_scratch: at least the
  /// sizes above, the latter for each thread.
  void run(unsigned char* arena, unsigned char* thread_scratch, size_t first, size_t last);

 private:
  sdk::MemoryPlan plan_;
  std::vector<unsigned char*> address_;  // per storage, then per scratch
  uint64_t per_thread_ = 0;
  bool profile_;
};

}  // namespace sateen::cpu
