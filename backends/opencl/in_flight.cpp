// Watching submitted kernels.
#include "in_flight.hpp"

namespace sateen::opencl {

namespace {

/// CL_COMPLETE, a positive number while it is under way, or the error that it ended with.
cl_int state_of(const ClEvent& event) {
  cl_int state = CL_QUEUED;
  const cl_int code = clGetEventInfo(event.get(), CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr);
  return code == CL_SUCCESS ? state : code;
}

}  // namespace

void InFlight::add(ClEvent done, std::shared_ptr<OpRecord> record, ClEvent begin) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.push_back({std::move(done), std::move(record), std::move(begin)});
}

void InFlight::retire(const Entry& entry) const {
  if (timing_ != Timing::kEvents) return;
  cl_ulong begin = 0;
  cl_ulong end = 0;
  const ClEvent& first = entry.begin ? entry.begin : entry.done;
  const cl_profiling_info from = entry.begin ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START;
  if (driver().event_profiling_info(first.get(), from, &begin) == CL_SUCCESS &&
      driver().event_profiling_info(entry.done.get(), CL_PROFILING_COMMAND_END, &end) == CL_SUCCESS) {
    entry.record->nanoseconds += end - begin;
  }
}

void InFlight::collect() {
  const std::lock_guard<std::mutex> lock(mutex_);
  while (!entries_.empty()) {
    const cl_int state = state_of(entries_.front().done);
    if (state > CL_COMPLETE) return;
    if (state < 0) {
      throw sdk::LateFailure(
          status_of(state), sdk::text(entries_.front().record->name, " failed on the device with ", error_name(state)));
    }
    retire(entries_.front());
    entries_.pop_front();
  }
}

void InFlight::fail(cl_int code) {
  collect();
  throw sdk::LateFailure(status_of(code), sdk::text("the device failed with ", error_name(code)));
}

}  // namespace sateen::opencl
