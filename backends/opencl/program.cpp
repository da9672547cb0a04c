// A compiled graph: judged before it comes here, so every operation has kernels.
#include "program.hpp"

#include <chrono>
#include <new>

#include "fusion.hpp"
#include "op_table.hpp"
#include "sateen/sdk/arena.hpp"

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

Program::Program(const sdk::GraphView& graph, const Workshop& workshop, const std::vector<std::string>& variants) {
  std::vector<sdk::ArenaRequest> requests = sdk::intermediate_requests(graph);
  const std::vector<Group> groups = find_groups(graph, workshop.tuning);
  std::vector<Place> routes;
  for (const Group& group : groups) {
    sdk::omit_between(graph, group.first, group.last, requests);
    if (group.kind == Group::Kind::kForward && group.route != Group::kNoRoute) {
      routes.push_back({requests.size(), 0});
      requests.push_back({graph.dst(*group.pool, 0)->elements, group.first, group.last});
    } else if (group.route != Group::kNoRoute) {
      requests[routes[group.route].request].last = group.last;
    }
  }
  for (const Group& group : groups) {
    const std::optional<Place> route =
        group.route == Group::kNoRoute ? std::nullopt : std::optional<Place>(routes[group.route]);
    starts_.push_back({group.first, calls_.size()});
    StepBuilder builder(graph, group, workshop, requests, calls_, variants[group.first], route);
    if (group.kind == Group::Kind::kBackward) {
      make_way_back(builder);
    } else {
      sdk::find_maker<Ops>(builder.op().kind)(builder);
    }
    records_.push_back(builder.record());
  }
  plan_ = sdk::plan_memory(graph, requests, workshop.alignment);
  place_.resize(plan_.requests);
  told_.resize(plan_.requests);
}

Memory Program::part(const LibraryProduct::Operand& operand, const std::string& op) const {
  if (operand.bytes == 0) return {};
  const Address& at = place_[operand.place.request];
  const cl_buffer_region region = {at.offset + operand.place.offset, operand.bytes};
  cl_int code = CL_SUCCESS;
  Memory memory(driver().create_sub_buffer(at.memory, region, &code));
  check(code, op + ": clCreateSubBuffer");
  return memory;
}

// For each run anew: the buffers that were bound may go after it.
std::vector<Program::Operands> Program::make_operands(std::span<const Call> calls) const {
  std::vector<Operands> all;
  for (const Call& call : calls) {
    if (!call.product) continue;
    const LibraryProduct& p = *call.product;
    const std::string& name = call.record->name;
    all.push_back({part(p.a, name), part(p.b, name), part(p.c, name), part(p.temporary, name)});
  }
  return all;
}

cl_int Program::enqueue(const Call& call, const std::vector<Address>& told, const Operands* operands,
                        cl_command_queue queue, ClEvent& done) const {
  if (call.product) {
    return clblast_multiply(call.product->shape, operands->a.get(), operands->b.get(), operands->c.get(),
                            operands->temporary.get(), queue, done);
  }
  for (const Call::Buffer& buffer : call.buffers) {
    const Address& at = place_[buffer.place.request];
    if (at.same_as(told[buffer.place.request])) continue;
    const cl_ulong element = (at.offset + buffer.place.offset) / buffer.element;
    cl_int code = clSetKernelArg(call.kernel.get(), buffer.argument, sizeof(cl_mem), &at.memory);
    if (code != CL_SUCCESS) return code;
    code = clSetKernelArg(call.kernel.get(), buffer.argument + 1, sizeof element, &element);
    if (code != CL_SUCCESS) return code;
  }
  return driver().enqueue_kernel(queue, call.kernel.get(), 1, &call.global, &call.local, done.out());
}

std::span<const Call> Program::calls_of(Stage stage) const {
  const auto call_at = [&](size_t op) {
    const auto start = std::find_if(starts_.begin(), starts_.end(), [&](const GroupStart& s) { return s.op >= op; });
    return start == starts_.end() ? calls_.size() : start->call;
  };
  const size_t begin = call_at(stage.first);
  return std::span(calls_).subspan(begin, call_at(stage.last) - begin);
}

void Program::run(cl_command_queue queue, const Arena& arena, InFlight& in_flight, bool wait, Stage stage) {
  for (const auto& piece : plan_.pieces) place_[piece.request] = {arena.memory, piece.offset, arena.id};
  if (in_flight.timing() == Timing::kClock) {
    const cl_int code = clFinish(queue);
    if (code != CL_SUCCESS) in_flight.fail(code);
  }
  if (stage.first == 0) {
    before_.assign(place_.size(), {});
    before_.swap(told_);
  }
  const std::span<const Call> calls = calls_of(stage);
  bool begun = stage.first != 0;
  try {
    submit(calls, before_, queue, in_flight, wait, begun);
  } catch (const sdk::LateFailure&) {
    throw;
  } catch (const sdk::Failure& failure) {
    if (begun) throw sdk::LateFailure(failure.status(), failure.what());
    throw;
  } catch (const std::bad_alloc&) {
    if (begun) throw sdk::LateFailure(SATEEN_NO_MEMORY, "the host ran out of memory in the middle of a run");
    throw;
  }
  if (calls.data() + calls.size() != calls_.data() + calls_.size()) return;
  told_ = place_;
  ++runs_;
}

void Program::submit(std::span<const Call> calls, const std::vector<Address>& told, cl_command_queue queue,
                     InFlight& in_flight, bool wait, bool& begun) const {
  using Clock = std::chrono::steady_clock;
  const bool clock = in_flight.timing() == Timing::kClock;
  const std::vector<Operands> operands = make_operands(calls);
  const Operands* next = operands.data();
  for (const Call& call : calls) {
    const Clock::time_point start = Clock::now();
    ClEvent begin;
    ClEvent done;
    cl_int code = CL_SUCCESS;
    if (call.product && in_flight.timing() == Timing::kEvents) {
      code = clEnqueueMarkerWithWaitList(queue, 0, nullptr, begin.out());
    }
    if (code == CL_SUCCESS) code = enqueue(call, told, call.product ? next++ : nullptr, queue, done);
    if (code != CL_SUCCESS) {
      throw sdk::Failure(status_of(code),
                         sdk::text(call.record->name, ": the kernel was refused with ", error_name(code)));
    }
    begun = true;
    in_flight.add(std::move(done), call.record, std::move(begin));
    if (wait || clock) finish_call(queue, call, in_flight);
    if (clock) {
      call.record->nanoseconds +=
          static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
    }
  }
}

}  // namespace sateen::opencl
