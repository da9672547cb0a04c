// Device, Buffer, Event, Program: RAII over the contract's handles.
#include "sateen/device.hpp"

#include <utility>

#include "graph/dump.hpp"
#include "runtime/buffer_state.hpp"
#include "runtime/describe.hpp"
#include "runtime/device_state.hpp"
#include "runtime/fallback.hpp"
#include "runtime/peak.hpp"
#include "runtime/program_state.hpp"
#include "runtime/tuning.hpp"

namespace sateen {

namespace {

/// What was submitted to the other device comes before what is waited for.
void finish_fallback(const DeviceState& device) {
  const DeviceState* fallback = device.fallback.device.get();
  if (fallback != nullptr) fallback->check(fallback->backend->finish(fallback->device), "finish");
}

}  // namespace

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

uint64_t Buffer::size() const {
  return state_ != nullptr ? state_->bytes() : 0;
}

sateen_buffer* Buffer::handle() const {
  return state_ != nullptr ? state_->handle(Side::kDevice) : nullptr;
}

void Buffer::write(const void* src, uint64_t bytes, uint64_t offset) {
  if (!state_) throw Error(ErrorCode::kUsage, "the buffer is empty");
  state_->write(src, bytes, offset);
}

void Buffer::read(void* dst, uint64_t bytes, uint64_t offset) const {
  if (!state_) throw Error(ErrorCode::kUsage, "the buffer is empty");
  state_->read(dst, bytes, offset);
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
  if (!state_) throw Error(ErrorCode::kUsage, "the program is empty");
  state_->run(bindings);
}

bool Program::has_stages() const {
  return state_ != nullptr && state_->has_stages();
}

void Program::run_until(std::span<const Binding> bindings, size_t ops) {
  if (!state_) throw Error(ErrorCode::kUsage, "the program is empty");
  state_->run_until(bindings, ops);
}

std::vector<OpProfile> Program::profile() const {
  if (!state_) throw Error(ErrorCode::kUsage, "the program is empty");
  return state_->profile();
}

uint64_t Program::fallback_ops() const {
  return state_ != nullptr ? state_->fallback_ops() : 0;
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
  Buffer buffer;
  buffer.state_ = std::make_shared<BufferState>(state_, bytes);
  buffer.state_->allocate(Side::kDevice);
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
  Program program;
  program.state_ = std::make_shared<ProgramState>(state_, c);
  return program;
}

uint64_t Device::fallback_ops() const {
  return state_->fallback.ops;
}

void Device::set_graph_dumps(bool on) {
  state_->graph_dumps = on;
}

void Device::set_fallback_log(bool on) {
  state_->fallback.logged = on;
}

std::vector<bool> Device::supported(Graph& graph) {
  const sateen_graph c = graph.c_graph();
  std::vector<uint8_t> flags(c.n_ops);
  const sateen_status status = state_->backend->compile(state_->device, &c, flags.data(), nullptr);
  if (status != SATEEN_UNSUPPORTED) state_->check(status, "compile");
  return {flags.begin(), flags.end()};
}

Event Device::mark() {
  finish_fallback(*state_);
  sateen_event* raw = nullptr;
  state_->check(state_->backend->mark(state_->device, &raw), "mark");
  Event event;
  event.device_ = state_;
  event.handle_ = {raw, state_->backend->event_destroy};
  return event;
}

Event Device::read_async(void* dst, const Buffer& src, uint64_t bytes, uint64_t offset) {
  if (!src) throw Error(ErrorCode::kUsage, "the buffer is empty");
  if (src.state_->on_both_sides()) src.state_->bring(Side::kDevice, {offset, offset + bytes});
  sateen_event* raw = nullptr;
  state_->check(state_->backend->read_async(state_->device, dst, src.handle(), offset, bytes, &raw), "read");
  Event event;
  event.device_ = state_;
  event.handle_ = {raw, state_->backend->event_destroy};
  return event;
}

Description Device::describe() {
  const sateen_describe* table = find_describe(*state_->backend);
  Description lines;
  if (table != nullptr) {
    const char* text = nullptr;
    state_->check(table->opened(state_->device, &text), "describe");
    lines = read_description(text);
  }
  for (auto& line : describe_fallback(state_->fallback)) lines.push_back(std::move(line));
  return lines;
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
  finish_fallback(*state_);
  state_->check(state_->backend->finish(state_->device), "finish");
}

}  // namespace sateen
