// A compiled graph: judged before it comes here, so every operation has a step.
#include "program.hpp"

#include "op_table.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/fusion.hpp"

namespace sateen::cpu {

Program::Program(const sdk::GraphView& graph, const KernelTable& kernels, bool profile) : profile_(profile) {
  std::vector<sdk::ArenaRequest> requests = sdk::intermediate_requests(graph);
  for (size_t i = 0; i < graph.ops().size(); ++i) {
    const sdk::Op& op = graph.ops()[i];
    StepBuilder builder(graph, kernels, i, requests, per_thread_);
    const sdk::Op* activation = sdk::find_fusable_leaky_relu(graph, i);
    if (activation != nullptr) {
      builder.fuse_leaky_relu(*activation);
      sdk::omit_between(graph, i, i + 1, requests);
    }
    add(activation != nullptr ? op.name + " + " + activation->name : op.name, sdk::find_maker<Ops>(op.kind)(builder),
        i);
    if (activation != nullptr) ++i;
  }
  plan_ = sdk::plan_memory(graph, requests, kAlignment);
  address_.resize(plan_.requests);
}

void Program::run(unsigned char* arena, unsigned char* thread_scratch, size_t first, size_t last) {
  for (const auto& piece : plan_.pieces) address_[piece.request] = arena + piece.offset;
  run_steps(RunContext(address_, thread_scratch, per_thread_), profile_, first, last);
}

}  // namespace sateen::cpu
