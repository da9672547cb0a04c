// A compiled graph: judged before it comes here, so every operation has kernels.
#include "program.hpp"

#include <algorithm>

#include "op_table.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/fusion.hpp"

namespace sateen::opencl {

Program::Program(const sdk::GraphView& graph, const Tuning& tuning, Programs& programs, cl_device_id device,
                 uint32_t alignment) {
  std::vector<sdk::ArenaRequest> requests = sdk::intermediate_requests(graph);
  const size_t storages = requests.size();
  for (size_t i = 0; i < graph.ops().size(); ++i) {
    const sdk::Op& op = graph.ops()[i];
    const sdk::Op* activation = sdk::find_fusable_leaky_relu(graph, i);
    if (activation != nullptr) {
      // The value between the two is never made, and the activation's begins here.
      requests[graph.dst(op, 0)->storage] = {};
      sdk::ArenaRequest& activated = requests[graph.dst(*activation, 0)->storage];
      activated.first = std::min(activated.first, i);
    }
    StepBuilder builder(graph, i, tuning, programs, device, requests, calls_, activation);
    find_step_maker(op.kind)(builder);
    records_.push_back(builder.record());
    if (activation != nullptr) ++i;
  }
  const sdk::ArenaPlan plan = sdk::plan_arena(requests, alignment);
  arena_bytes_ = plan.bytes;
  place_.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].bytes > 0) planned_.push_back({i, plan.offset[i]});
    if (i < storages && graph.storages()[i].external()) externals_.push_back(i);
  }
}

cl_int Program::enqueue(const Call& call, cl_command_queue queue, ClEvent& done) const {
  for (const Call::Buffer& buffer : call.buffers) {
    const Address& at = place_[buffer.place.request];
    const cl_ulong element = (at.offset + buffer.place.offset) / buffer.element;
    cl_int code = clSetKernelArg(call.kernel.get(), buffer.argument, sizeof(cl_mem), &at.memory);
    if (code != CL_SUCCESS) return code;
    code = clSetKernelArg(call.kernel.get(), buffer.argument + 1, sizeof element, &element);
    if (code != CL_SUCCESS) return code;
  }
  return clEnqueueNDRangeKernel(queue, call.kernel.get(), 1, nullptr, &call.global, &call.local, 0, nullptr,
                                done.out());
}

void Program::run(cl_command_queue queue, cl_mem arena, InFlight& in_flight, bool wait) {
  for (const Planned& p : planned_) place_[p.request] = {arena, p.offset};
  for (const Call& call : calls_) {
    ClEvent done;
    const cl_int code = enqueue(call, queue, done);
    if (code != CL_SUCCESS) {
      const std::string words = sdk::text(call.record->name, ": the kernel was refused with ", error_name(code));
      if (&call == calls_.data()) throw sdk::Failure(status_of(code), words);
      throw sdk::LateFailure(status_of(code), words);
    }
    in_flight.add(std::move(done), call.record);
    if (wait) {
      const cl_int finished = clFinish(queue);
      if (finished != CL_SUCCESS) {
        throw sdk::LateFailure(status_of(finished),
                               sdk::text(call.record->name, " failed with ", error_name(finished)));
      }
      in_flight.collect();
    }
  }
  ++runs_;
}

}  // namespace sateen::opencl
