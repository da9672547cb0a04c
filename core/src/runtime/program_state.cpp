// Compiling a graph for one device or for two, and running it.
#include "runtime/program_state.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "runtime/fallback.hpp"
#include "runtime/profile.hpp"

namespace sateen {

namespace {

constexpr const char* kRun = "run";

/// Compiles for one device. supported: what the device marks where it answers UNSUPPORTED.
sateen_status compile_on(const std::shared_ptr<DeviceState>& device, const sateen_graph& graph,
                         std::vector<uint8_t>& supported, std::shared_ptr<sateen_program>& out) {
  supported.assign(graph.n_ops, 1);
  sateen_program* raw = nullptr;
  const sateen_status status = device->backend->compile(device->device, &graph, supported.data(), &raw);
  if (status == SATEEN_OK) {
    out = {raw, [device](sateen_program* p) { device->backend->program_destroy(device->device, p); }};
  }
  return status;
}

/// get takes memory for intermediate values, which grow with the batch: where there is not enough, the error says so.
template <typename F>
void for_intermediates(const F& get) {
  try {
    get();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNoMemory) throw;
    throw Error(error.code(), std::string(error.what()) + "; a smaller batch size needs less");
  }
}

void check_compiled(const DeviceState& device, sateen_status status) {
  for_intermediates([&] { device.check(status, "compile"); });
}

bool has_unsupported(const std::vector<uint8_t>& supported) {
  return std::find(supported.begin(), supported.end(), 0) != supported.end();
}

std::string last_words(const DeviceState& device) {
  const char* said = device.backend->last_error(device.device);
  return said != nullptr && *said != '\0' ? said : "an operation is not supported";
}

}  // namespace

ProgramState::ProgramState(std::shared_ptr<DeviceState> device, const sateen_graph& graph)
    : device_(std::move(device)) {
  for (const StorageUse& use : external_uses(graph)) {
    const sateen_storage& storage = graph.storage[use.storage];
    externals_.push_back({storage.bytes, (storage.flags & SATEEN_STORAGE_FROZEN) != 0});
  }
  std::vector<uint8_t> supported;
  Part whole;
  const sateen_status status = compile_on(device_, graph, supported, whole.handle);
  if (status == SATEEN_UNSUPPORTED && has_unsupported(supported)) {
    compile_parts(graph, {supported.begin(), supported.end()});
  } else {
    check_compiled(*device_, status);
    whole_ = true;
    const auto* stages = static_cast<const sateen_stages*>(device_->backend->extension(SATEEN_STAGES_1));
    if (stages != nullptr && stages->struct_size >= sizeof(sateen_stages)) stages_ = stages;
    add_uses(whole, external_uses(graph), graph);
    parts_.push_back(std::move(whole));
  }
  device_->fallback.all_ops += graph.n_ops;
}

void ProgramState::compile_parts(const sateen_graph& graph, std::vector<bool> supported) {
  const std::string refusal = device_->info.id + ": compile: " + last_words(*device_);
  Fallback& fallback = device_->fallback;
  if (!fallback.open) throw Error(ErrorCode::kDevice, refusal);
  if (fallback.strict) throw Error(ErrorCode::kDevice, refusal + "; strict keeps it from running elsewhere");
  if (fallback.device == nullptr) fallback.device = fallback.open();
  while (!try_parts(graph, supported, refusal)) {
  }
  fallback_ops_ = static_cast<uint64_t>(std::count(supported.begin(), supported.end(), false));
  report_fallback(*device_, graph, supported);
}

bool ProgramState::try_parts(const sateen_graph& graph, std::vector<bool>& supported, const std::string& refusal) {
  const std::vector<GraphPart> parts = split_graph(graph, supported);
  const CrossingPlan crossing = plan_crossing(graph, parts);
  parts_.clear();
  crossing_.clear();
  for (const uint64_t bytes : crossing.slot_bytes) {
    crossing_.push_back(std::make_unique<BufferState>(device_, bytes, /*counted=*/false));
  }
  for (const GraphPart& part : parts) {
    Part compiled;
    compiled.side = part.supported ? Side::kDevice : Side::kFallback;
    const std::shared_ptr<DeviceState>& on = part.supported ? device_ : device_->fallback.device;
    std::vector<uint8_t> marks;
    const sateen_status status = compile_on(on, part.view(), marks, compiled.handle);
    if (status == SATEEN_UNSUPPORTED && !part.supported) {
      throw Error(ErrorCode::kDevice, refusal + "; nor can " + on->info.id + ": " + last_words(*on));
    }
    // What a device can do may hang on what is beside it.
    if (status == SATEEN_UNSUPPORTED && has_unsupported(marks)) {
      for (size_t i = 0; i < marks.size(); ++i) supported[part.first + i] = marks[i] != 0;
      return false;
    }
    check_compiled(*on, status);
    add_uses(compiled, part.external, graph, crossing);
    for (const Use& use : compiled.uses) {
      if (use.place < externals_.size()) continue;
      for_intermediates([&] { crossing_[use.place - externals_.size()]->allocate(compiled.side); });
    }
    parts_.push_back(std::move(compiled));
  }
  return true;
}

void ProgramState::add_uses(Part& part, const std::vector<StorageUse>& uses, const sateen_graph& graph,
                            const CrossingPlan& crossing) const {
  const auto is_external = [](const sateen_storage& s) { return s.role == SATEEN_STORAGE_EXTERNAL; };
  for (const StorageUse& use : uses) {
    Use& added = part.uses.emplace_back(Use{0, false, use.touched.all(), use.written.all()});
    const sateen_storage* storage = graph.storage + use.storage;
    if (is_external(*storage)) {
      added.place = static_cast<size_t>(std::count_if(graph.storage, storage, is_external));
    } else {
      const CrossingValue& value = crossing.values.at(use.storage);
      added.place = externals_.size() + value.slot;
      added.begins = value.first == parts_.size();  // the part that is being made
    }
  }
}

void ProgramState::refuse(const std::string& what) const {
  throw Error(ErrorCode::kUsage, device_->info.id + ": " + kRun + ": " + what);
}

void ProgramState::check_bindings(std::span<const Binding> bindings) {
  if (bindings.size() != externals_.size()) {
    refuse(std::to_string(bindings.size()) + " bindings for " + std::to_string(externals_.size()) +
           " external storages");
  }
  for (size_t i = 0; i < bindings.size(); ++i) {
    const std::string binding = "binding " + std::to_string(i) + " ";
    BufferState* buffer = bindings[i].buffer != nullptr ? bindings[i].buffer->state_.get() : nullptr;
    const uint64_t offset = bindings[i].offset;
    if (buffer == nullptr) refuse(binding + "is missing");
    if (&buffer->device() != device_.get()) refuse(binding + "is a buffer of another device");
    if (offset % device_->info.alignment != 0) refuse(binding + "is off the device's alignment");
    if (offset > buffer->bytes() || externals_[i].bytes > buffer->bytes() - offset) {
      refuse(binding + "is too short for its storage");
    }
    if (externals_[i].frozen && !first_.empty() && first_[i] != Place{buffer, offset}) {
      refuse(binding + "is of a FROZEN storage and not where it was in the first run");
    }
  }
  check_apart(bindings);
}

void ProgramState::check_apart(std::span<const Binding> bindings) {
  const auto buffer = [&](size_t i) { return bindings[i].buffer->state_.get(); };
  order_.resize(bindings.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
    return buffer(a) != buffer(b) ? std::less<>()(buffer(a), buffer(b)) : bindings[a].offset < bindings[b].offset;
  });
  for (size_t i = 1; i < order_.size(); ++i) {
    const size_t a = order_[i - 1], b = order_[i];
    if (buffer(a) == buffer(b) && bindings[b].offset - bindings[a].offset < externals_[a].bytes) {
      refuse("bindings " + std::to_string(std::min(a, b)) + " and " + std::to_string(std::max(a, b)) + " overlap");
    }
  }
}

bool ProgramState::bind_whole(std::span<const Binding> bindings) {
  const bool apart = std::any_of(bindings.begin(), bindings.end(), [](const Binding& b) {
    return b.buffer->state_ != nullptr && b.buffer->state_->on_both_sides();
  });
  if (!whole_ || apart) return false;
  bound_.clear();
  for (const Binding& b : bindings) bound_.push_back({b.buffer->handle(), b.offset});
  return true;
}

void ProgramState::place(std::span<const Binding> bindings) {
  check_bindings(bindings);
  places_.clear();
  for (const Binding& b : bindings) places_.push_back({b.buffer->state_.get(), b.offset});
  for (const std::unique_ptr<BufferState>& slot : crossing_) places_.push_back({slot.get(), 0});
  // All of it first: where there is not enough memory, nothing has run.
  for (const Part& part : parts_) {
    for (const Use& use : part.uses) places_[use.place].buffer->allocate(part.side);
  }
  if (!whole_ && first_.empty()) first_.assign(places_.begin(), places_.begin() + std::ssize(externals_));
}

void ProgramState::run(std::span<const Binding> bindings) {
  if (bind_whole(bindings)) return submit(parts_.front());
  place(bindings);
  for (const Part& part : parts_) {
    bind_part(part);
    submit(part);
  }
}

void ProgramState::run_until(std::span<const Binding> bindings, size_t ops) {
  if (!has_stages()) refuse("this program has no stages");
  if (!bind_whole(bindings)) {
    place(bindings);
    bind_part(parts_.front());
  }
  device_->check(stages_->run_until(device_->device, parts_.front().handle.get(), bound_.data(),
                                    static_cast<uint32_t>(bound_.size()), static_cast<uint32_t>(ops)),
                 kRun);
}

void ProgramState::bind_part(const Part& part) {
  bound_.clear();
  for (const Use& use : part.uses) {
    const Place& place = places_[use.place];
    if (use.begins) place.buffer->forget();
    for (const ByteRange r : use.touched) {
      place.buffer->bring(part.side, {place.offset + r.begin, place.offset + r.end});
    }
    bound_.push_back({place.buffer->handle(part.side), place.offset});
  }
  // Before it is submitted: a part that fails half-way has written, too.
  for (const Use& use : part.uses) {
    const Place& place = places_[use.place];
    for (const ByteRange r : use.written) {
      place.buffer->wrote(part.side, {place.offset + r.begin, place.offset + r.end});
    }
  }
}

void ProgramState::submit(const Part& part) {
  const DeviceState& on = part.side == Side::kDevice ? *device_ : *device_->fallback.device;
  on.check(on.backend->run(on.device, part.handle.get(), bound_.data(), static_cast<uint32_t>(bound_.size())), kRun);
}

std::vector<OpProfile> ProgramState::profile() const {
  std::vector<OpProfile> all;
  for (const Part& part : parts_) {
    const DeviceState& on = part.side == Side::kDevice ? *device_ : *device_->fallback.device;
    for (OpProfile& entry : read_profile(on, part.handle.get())) all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace sateen
