// A compiled graph: judged before it comes here, so every operation has a step.
#include "program.hpp"

#include <algorithm>

#include "op_table.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/fusion.hpp"

namespace sateen::cpu {

Program::Program(const sdk::GraphView& graph, const KernelTable& kernels, bool profile) : profile_(profile) {
  std::vector<sdk::ArenaRequest> requests = sdk::intermediate_requests(graph);
  const size_t storages = requests.size();
  for (size_t i = 0; i < graph.ops().size(); ++i) {
    const sdk::Op& op = graph.ops()[i];
    StepBuilder builder(graph, kernels, i, requests, per_thread_);
    const sdk::Op* activation = sdk::find_fusable_leaky_relu(graph, i);
    if (activation != nullptr) {
      builder.fuse_leaky_relu(*activation);
      // The value between the two is never made, and the activation's begins here.
      requests[graph.dst(op, 0)->storage] = {};
      sdk::ArenaRequest& activated = requests[graph.dst(*activation, 0)->storage];
      activated.first = std::min(activated.first, i);
    }
    add(activation != nullptr ? op.name + " + " + activation->name : op.name, find_step_maker(op.kind)(builder));
    if (activation != nullptr) ++i;
  }
  const sdk::ArenaPlan plan = sdk::plan_arena(requests, kAlignment);
  arena_bytes_ = plan.bytes;
  address_.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].bytes > 0) planned_.push_back({i, plan.offset[i]});
    if (i < storages && graph.storages()[i].external()) externals_.push_back(i);
  }
}

void Program::run(unsigned char* arena, unsigned char* thread_scratch) {
  for (const Planned& p : planned_) address_[p.address] = arena + p.offset;
  run_steps(RunContext(address_, thread_scratch, per_thread_), profile_);
}

}  // namespace sateen::cpu
