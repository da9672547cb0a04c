// A compiled graph: judged before it comes here, so every operation has kernels.
#include "program.hpp"

#include <algorithm>
#include <chrono>

#include "op_table.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/fusion.hpp"

namespace sateen::opencl {

namespace {

/// Waits for all work, of which the call is the last.
void finish_call(cl_command_queue queue, const Call& call, InFlight& in_flight) {
  const cl_int code = clFinish(queue);
  if (code != CL_SUCCESS) {
    throw sdk::LateFailure(status_of(code), sdk::text(call.record->name, " failed with ", error_name(code)));
  }
  in_flight.collect();
}

}  // namespace

Program::Program(const sdk::GraphView& graph, const Workshop& workshop, const std::vector<bool>& use_library) {
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
    StepBuilder builder(graph, i, workshop, requests, calls_, activation, use_library[i]);
    find_step_maker(op.kind)(builder);
    records_.push_back(builder.record());
    if (activation != nullptr) ++i;
  }
  const sdk::ArenaPlan plan = sdk::plan_arena(requests, workshop.alignment);
  arena_bytes_ = plan.bytes;
  place_.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].bytes > 0) planned_.push_back({i, plan.offset[i]});
    if (i < storages && graph.storages()[i].external()) externals_.push_back(i);
  }
}

cl_int Program::multiply(const LibraryProduct& product, cl_command_queue queue, ClEvent& done) const {
  const auto matrix = [this](const Place& place) {
    const Address& at = place_[place.request];
    return Matrix{at.memory, (at.offset + place.offset) / sizeof(float)};
  };
  const auto temporary = temporary_.find(product.temporary.request);
  const bool wanted = product.temporary_bytes > 0 && temporary != temporary_.end();
  return clblast_multiply(product.shape, matrix(product.a), matrix(product.b), matrix(product.c),
                          wanted ? temporary->second.get() : nullptr, queue, done);
}

cl_int Program::enqueue(const Call& call, cl_command_queue queue, ClEvent& done) const {
  if (call.product) return multiply(*call.product, queue, done);
  for (const Call::Buffer& buffer : call.buffers) {
    const Address& at = place_[buffer.place.request];
    const cl_ulong element = (at.offset + buffer.place.offset) / buffer.element;
    cl_int code = clSetKernelArg(call.kernel.get(), buffer.argument, sizeof(cl_mem), &at.memory);
    if (code != CL_SUCCESS) return code;
    code = clSetKernelArg(call.kernel.get(), buffer.argument + 1, sizeof element, &element);
    if (code != CL_SUCCESS) return code;
  }
  return driver().enqueue_kernel(queue, call.kernel.get(), 1, &call.global, &call.local, done.out());
}

void Program::set_arena(cl_mem arena) {
  if (arena == arena_) return;
  temporary_.clear();
  for (const Planned& p : planned_) place_[p.request] = {arena, p.offset};
  for (const Call& call : calls_) {
    if (!call.product || call.product->temporary_bytes == 0) continue;
    const size_t request = call.product->temporary.request;
    const cl_buffer_region region = {place_[request].offset, call.product->temporary_bytes};
    cl_int code = CL_SUCCESS;
    Memory part(driver().create_sub_buffer(arena, region, &code));
    check(code, call.record->name + ": clCreateSubBuffer");
    temporary_.emplace(request, std::move(part));
  }
  arena_ = arena;
}

void Program::run(cl_command_queue queue, cl_mem arena, InFlight& in_flight, bool wait) {
  using Clock = std::chrono::steady_clock;
  set_arena(arena);
  const bool clock = in_flight.timing() == Timing::kClock;
  if (clock) {
    const cl_int code = clFinish(queue);
    if (code != CL_SUCCESS) in_flight.fail(code);
  }
  for (const Call& call : calls_) {
    const Clock::time_point begun = Clock::now();
    ClEvent begin;
    ClEvent done;
    cl_int code = CL_SUCCESS;
    if (call.product && in_flight.timing() == Timing::kEvents)
      code = clEnqueueMarkerWithWaitList(queue, 0, nullptr, begin.out());
    if (code == CL_SUCCESS) code = enqueue(call, queue, done);
    if (code != CL_SUCCESS) {
      const std::string words = sdk::text(call.record->name, ": the kernel was refused with ", error_name(code));
      if (&call == calls_.data()) throw sdk::Failure(status_of(code), words);
      throw sdk::LateFailure(status_of(code), words);
    }
    in_flight.add(std::move(done), call.record, std::move(begin));
    if (wait || clock) finish_call(queue, call, in_flight);
    if (clock) {
      call.record->nanoseconds +=
          static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count());
    }
  }
  ++runs_;
}

}  // namespace sateen::opencl
