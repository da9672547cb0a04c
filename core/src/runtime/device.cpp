// Device, Buffer, Event, Program: RAII over the contract's handles.
#include "sateen/device.hpp"

#include <utility>

#include "graph/dump.hpp"
#include "runtime/describe.hpp"
#include "runtime/device_state.hpp"
#include "runtime/peak.hpp"
#include "runtime/profile.hpp"
#include "runtime/tuning.hpp"

namespace sateen {

void DeviceState::throw_status(const sateen_backend& backend, const sateen_device* device, sateen_status status,
                               const std::string& doing) {
  const char* said = backend.last_error(device);
  std::string reason = said != nullptr ? said : "";
  ErrorCode code = ErrorCode::kDevice;
  switch (status) {
    case SATEEN_UNSUPPORTED:
      if (reason.empty()) reason = "not supported";
      break;
    case SATEEN_INVALID:
      code = ErrorCode::kUsage;
      if (reason.empty()) reason = "invalid call";
      break;
    case SATEEN_NO_MEMORY:
      code = ErrorCode::kNoMemory;
      if (reason.empty()) reason = "out of memory";
      break;
    default:
      if (reason.empty()) reason = "failed with status " + std::to_string(status);
  }
  throw Error(code, doing + ": " + reason);
}

// -- Buffer --

void Buffer::write(const void* src, uint64_t bytes, uint64_t offset) {
  if (!handle_) throw Error(ErrorCode::kUsage, "the buffer is empty");
  device_->check(device_->backend->write(device_->device, handle_.get(), offset, src, bytes), "write");
}

void Buffer::read(void* dst, uint64_t bytes, uint64_t offset) const {
  if (!handle_) throw Error(ErrorCode::kUsage, "the buffer is empty");
  device_->check(device_->backend->read(device_->device, dst, handle_.get(), offset, bytes), "read");
}

// -- Event --

bool Event::wait(uint64_t timeout_ns) {
  if (!handle_) return true;
  const sateen_status status = device_->backend->event_wait(handle_.get(), timeout_ns);
  if (status == SATEEN_TIMEOUT) return false;
  if (status != SATEEN_OK) {  // another thread may be using the device, so its words are this thread's
    DeviceState::throw_status(*device_->backend, nullptr, status, device_->info.id + ": wait");
  }
  return true;
}

// -- Program --

void Program::run(std::span<const Binding> bindings) {
  if (!handle_) throw Error(ErrorCode::kUsage, "the program is empty");
  bindings_.clear();
  for (const Binding& b : bindings) bindings_.push_back({b.buffer->handle(), b.offset});
  device_->check(
      device_->backend->run(device_->device, handle_.get(), bindings_.data(), static_cast<uint32_t>(bindings_.size())),
      "run");
}

std::vector<OpProfile> Program::profile() const {
  if (!handle_) throw Error(ErrorCode::kUsage, "the program is empty");
  return read_profile(*device_, handle_.get());
}

// -- Device --

Device::Device(std::shared_ptr<DeviceState> state) : state_(std::move(state)) {}

const DeviceInfo& Device::info() const {
  return state_->info;
}
const sateen_backend& Device::table() const {
  return *state_->backend;
}
sateen_device* Device::handle() const {
  return state_->device;
}

Buffer Device::create_buffer(uint64_t bytes) {
  sateen_buffer* raw = nullptr;
  const std::string doing = "allocate " + std::to_string((bytes + (1U << 20U) - 1) >> 20U) + " MiB";
  state_->check(state_->backend->buffer_create(state_->device, bytes, &raw), doing.c_str());
  Buffer buffer;
  buffer.device_ = state_;
  state_->buffer_bytes += bytes;
  buffer.handle_ = {raw, [state = state_, bytes](sateen_buffer* b) {
                      state->backend->buffer_destroy(state->device, b);
                      state->buffer_bytes -= bytes;
                    }};
  buffer.size_ = bytes;
  return buffer;
}

Buffer Device::create_buffer(const void* src, uint64_t bytes) {
  Buffer buffer = create_buffer(bytes);
  buffer.write(src, bytes);
  return buffer;
}

Program Device::compile(Graph& graph) {
  const sateen_graph c = graph.c_graph();
  // Before it is compiled, since a graph that fails to is the one to look at.
  if (state_->graph_dumps) dump_graph_if_asked(c, info());
  sateen_program* raw = nullptr;
  const sateen_status status = state_->backend->compile(state_->device, &c, nullptr, &raw);
  try {
    state_->check(status, "compile");
  } catch (const Error& error) {
    if (status != SATEEN_NO_MEMORY) throw;
    // What compiling allocates is for intermediate values, which grow with the batch.
    throw Error(error.code(), std::string(error.what()) + "; a smaller batch size needs less");
  }
  Program program;
  program.device_ = state_;
  program.handle_ = {raw, [state = state_](sateen_program* p) { state->backend->program_destroy(state->device, p); }};
  return program;
}

void Device::set_graph_dumps(bool on) {
  state_->graph_dumps = on;
}

std::vector<bool> Device::supported(Graph& graph) {
  const sateen_graph c = graph.c_graph();
  std::vector<uint8_t> flags(c.n_ops);
  const sateen_status status = state_->backend->compile(state_->device, &c, flags.data(), nullptr);
  if (status != SATEEN_UNSUPPORTED) state_->check(status, "compile");
  return {flags.begin(), flags.end()};
}

Event Device::mark() {
  sateen_event* raw = nullptr;
  state_->check(state_->backend->mark(state_->device, &raw), "mark");
  Event event;
  event.device_ = state_;
  event.handle_ = {raw, state_->backend->event_destroy};
  return event;
}

Event Device::read_async(void* dst, const Buffer& src, uint64_t bytes, uint64_t offset) {
  if (!src) throw Error(ErrorCode::kUsage, "the buffer is empty");
  sateen_event* raw = nullptr;
  state_->check(state_->backend->read_async(state_->device, dst, src.handle(), offset, bytes, &raw), "read");
  Event event;
  event.device_ = state_;
  event.handle_ = {raw, state_->backend->event_destroy};
  return event;
}

Description Device::describe() {
  const sateen_describe* table = find_describe(*state_->backend);
  if (table == nullptr) return {};
  const char* lines = nullptr;
  state_->check(table->opened(state_->device, &lines), "describe");
  return read_description(lines);
}

Choices Device::choices() {
  return read_choices(*state_);
}

void Device::pin(const Choices& choices) {
  pin_choices(*state_, choices);
}

std::vector<TunedVariant> Device::variants() {
  return read_variants(*state_);
}

std::optional<PeakRates> Device::peak() {
  return read_peak(*state_);
}

uint64_t Device::buffer_bytes() const {
  return state_->buffer_bytes;
}

void Device::finish() {
  state_->check(state_->backend->finish(state_->device), "finish");
}

}  // namespace sateen
