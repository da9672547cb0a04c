// Running one operation by itself.
#include "trial.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "variant.hpp"

namespace sateen::opencl {

namespace {

using Bytes = std::vector<unsigned char>;

/// Results may differ by so much of the largest, as the conformance tests allow.
float allowed(uint32_t kind) {
  switch (kind) {
    case SATEEN_OP_CONV2D_FORWARD:
    case SATEEN_OP_CONV2D_BACKWARD_DATA:
    case SATEEN_OP_CONV2D_BACKWARD_WEIGHTS:
      return 5e-5F;
    case SATEEN_OP_DENSE_FORWARD:
    case SATEEN_OP_DENSE_BACKWARD_DATA:
    case SATEEN_OP_DENSE_BACKWARD_WEIGHTS:
      return 1e-5F;
    default:
      return 1e-6F;
  }
}

float float_at(const Bytes& bytes, uint64_t at) {
  float value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Numbers from -1 to 1 in no order, the same each time.
void fill_floats(Bytes& bytes, uint64_t begin, uint64_t size, uint32_t state) {
  for (uint64_t at = begin; at < begin + size; at += sizeof(float)) {
    state = state * 1664525U + 1013904223U;
    const float value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
}

/// What fails in f is no variant's fault; a device that has failed is, unless it only lacked memory.
template <typename F>
auto blaming_none(F f) try {
  return f();
} catch (const CannotTry&) {
  throw;
} catch (const sdk::LateFailure& failure) {
  if (failure.status() != SATEEN_NO_MEMORY) throw;
  throw CannotTry(failure.status(), failure.what());
} catch (const sdk::Failure& failure) {
  throw CannotTry(failure.status(), failure.what());
} catch (const std::bad_alloc&) {
  throw CannotTry(SATEEN_NO_MEMORY, "the host has no memory to try it in");
}

/// How f failed, "" where it did not, for what says something of a variant.
template <typename F>
std::string failure_of(F f) try {
  f();
  return {};
} catch (const CannotTry&) {
  throw;
} catch (const sdk::LateFailure&) {
  throw;
} catch (const sdk::Failure& failure) {
  if (failure.status() == SATEEN_NO_MEMORY) throw;
  return failure.what();
}

}  // namespace

sateen_graph OneOpGraph::make(const sdk::GraphView& graph, const sdk::Op& op) {
  std::map<uint32_t, uint32_t> known;  // a tensor in place is a source and a result
  const auto add = [&](const std::vector<uint32_t>& from, std::vector<uint32_t>& to) {
    for (const uint32_t index : from) {
      const auto next = static_cast<uint32_t>(tensors_.size());
      if (index == SATEEN_NONE || !known.emplace(index, next).second) {
        to.push_back(index == SATEEN_NONE ? SATEEN_NONE : known.at(index));
        continue;
      }
      const sdk::Tensor& tensor = graph.tensors()[index];
      sateen_tensor copy{tensor.dtype, next, tensor.rank, 0, 0, {}};
      std::copy(tensor.dim.begin(), tensor.dim.end(), copy.dim);
      storages_.push_back({SATEEN_STORAGE_EXTERNAL, 0, tensor.bytes});
      tensors_.push_back(copy);
      to.push_back(next);
    }
  };
  add(op.src, sources_);
  add(op.dst, results_);
  op_ = {op.kind,
         static_cast<uint32_t>(sources_.size()),
         static_cast<uint32_t>(results_.size()),
         static_cast<uint32_t>(op.attrs.size()),
         sources_.data(),
         results_.data(),
         op.attrs.empty() ? nullptr : op.attrs.data(),
         op.name.c_str()};
  sateen_graph made{};
  made.struct_size = sizeof made;
  made.math = SATEEN_MATH_F32;
  made.n_storages = made.n_tensors = static_cast<uint32_t>(tensors_.size());
  made.storage_stride = sizeof(sateen_storage);
  made.tensor_stride = sizeof(sateen_tensor);
  made.n_ops = 1;
  made.op_stride = sizeof(sateen_op);
  made.storage = storages_.data();
  made.tensor = tensors_.data();
  made.op = &op_;
  return made;
}

Trial::Trial(const sdk::GraphView& graph, const sdk::Op& op, std::string safe, cl_context context,
             const Workshop& workshop)
    : context_(context), workshop_(workshop), graph_(graph, op, workshop.alignment), safe_(std::move(safe)) {
  blaming_none([this] {
    lay_out();
    fill();
    memory_ = allocate(before_.size());
  });
}

Memory Trial::allocate(uint64_t bytes) const {
  return blaming_none([&] {
    cl_int code = CL_SUCCESS;
    Memory memory(driver().create_buffer(context_, bytes, &code));
    // Drivers allocate when memory is first used: better now than in a variant's run.
    cl_uchar byte = 0;
    if (code == CL_SUCCESS) {
      code = clEnqueueReadBuffer(workshop_.queue, memory.get(), CL_TRUE, bytes - 1, sizeof byte, &byte, 0, nullptr,
                                 nullptr);
    }
    if (code == CL_OUT_OF_RESOURCES) code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    opencl::check(code, sdk::text("memory to try it in, ", sdk::mebibytes(bytes), " MiB,"));
    return memory;
  });
}

void Trial::lay_out() {
  const sdk::GraphView& view = graph_.view();
  const uint64_t gap = std::max<uint64_t>(workshop_.alignment, sizeof(float));
  uint64_t end = 0;
  for (const sdk::Storage& storage : view.storages()) {
    const uint64_t offset = sdk::align_up(end, gap) + (places_.size() + 1) * gap;
    places_.push_back({offset, storage.bytes, false});
    end = offset + storage.bytes;
  }
  for (const uint32_t result : view.ops()[0].dst) {
    if (result != SATEEN_NONE) places_[result].result = true;
  }
  before_.resize(sdk::align_up(end, gap) + gap);
}

void Trial::fill() {
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  for (uint64_t at = 0; at + sizeof nothing <= before_.size(); at += sizeof nothing) {
    std::memcpy(before_.data() + at, &nothing, sizeof nothing);
  }
  const sdk::GraphView& view = graph_.view();
  for (const uint32_t source : view.ops()[0].src) {
    if (source == SATEEN_NONE) continue;
    const Place& at = places_[source];
    if (view.tensors()[source].dtype == SATEEN_F32) {
      fill_floats(before_, at.offset, at.bytes, source + 1);
    } else {  // an index or a cursor: the first
      std::fill_n(before_.begin() + static_cast<ptrdiff_t>(at.offset), at.bytes, static_cast<unsigned char>(0));
    }
  }
}

Program& Trial::prepared(const std::string& variant) {
  std::unique_ptr<Program>& program = programs_[variant];
  if (program) return *program;
  auto made = std::make_unique<Program>(graph_.view(), workshop_, std::vector<std::string>{variant});
  const uint64_t bytes = std::max<uint64_t>(made->arena_bytes(), 1);
  if (bytes > arena_bytes_) {
    arena_ = allocate(bytes);
    arena_bytes_ = bytes;
  }
  program = std::move(made);
  return *program;
}

void Trial::submit(Program& program) {
  for (size_t i = 0; i < places_.size(); ++i) program.bind(i, memory_.get(), places_[i].offset);
  try {
    program.run(workshop_.queue, {arena_.get()}, in_flight_, false, {});
  } catch (const sdk::LateFailure& failure) {
    finish();  // throws where the device has failed; or else only a later kernel of several was refused
    throw sdk::Failure(failure.status(), failure.what());
  } catch (...) {
    finish();
    throw;
  }
}

void Trial::finish() {
  const cl_int code = clFinish(workshop_.queue);
  if (code != CL_SUCCESS) in_flight_.fail(code);
  in_flight_.collect();
}

Bytes Trial::results_of(const std::string& variant) {
  Program& program = prepared(variant);
  Bytes after(before_.size());
  blaming_none([&] {
    opencl::check(clEnqueueWriteBuffer(workshop_.queue, memory_.get(), CL_TRUE, 0, before_.size(), before_.data(), 0,
                                       nullptr, nullptr),
                  "clEnqueueWriteBuffer");
  });
  submit(program);
  finish();
  blaming_none([&] {
    opencl::check(clEnqueueReadBuffer(workshop_.queue, memory_.get(), CL_TRUE, 0, after.size(), after.data(), 0,
                                      nullptr, nullptr),
                  "clEnqueueReadBuffer");
  });
  return after;
}

std::string Trial::compare_values(const Place& at, const Bytes& found) const {
  float largest = 0;
  for (uint64_t i = at.offset; i < at.offset + at.bytes; i += sizeof(float)) {
    const float value = std::abs(float_at(expected_, i));
    if (value > largest) largest = value;
  }
  const float most = allowed(graph_.view().ops()[0].kind) * largest;
  for (uint64_t i = at.offset; i < at.offset + at.bytes; i += sizeof(float)) {
    const float value = float_at(found, i);
    const float right = float_at(expected_, i);
    if (std::abs(value - right) <= most || std::memcmp(&found[i], &expected_[i], sizeof(float)) == 0) continue;
    return sdk::text("element ", (i - at.offset) / sizeof(float), " of ", at.bytes / sizeof(float), " is ",
                     std::to_string(value), " instead of ", std::to_string(right));
  }
  return {};
}

bool Trial::untouched_beside(const Bytes& found) const {
  uint64_t begin = 0;
  for (const Place& at : places_) {
    if (!at.result) continue;
    if (std::memcmp(&found[begin], &before_[begin], at.offset - begin) != 0) return false;
    begin = at.offset + at.bytes;
  }
  return std::memcmp(&found[begin], &before_[begin], before_.size() - begin) == 0;
}

std::string Trial::compare(const Bytes& found) const {
  const sdk::GraphView& view = graph_.view();
  for (const uint32_t result : view.ops()[0].dst) {
    if (result == SATEEN_NONE) continue;
    const Place& at = places_[result];
    if (view.tensors()[result].dtype == SATEEN_F32) {
      std::string wrong = compare_values(at, found);
      if (!wrong.empty()) return wrong;
    } else if (std::memcmp(&found[at.offset], &expected_[at.offset], at.bytes) != 0) {
      return "its result is another one";
    }
  }
  return untouched_beside(found) ? "" : "it writes beside its result";
}

void Trial::run_safe() {
  if (expected_.empty()) blaming_none([this] { expected_ = results_of(safe_); });
}

Finding Trial::check(const std::string& variant) {
  run_safe();
  if (variant == safe_) return {};
  return blaming_none([&]() -> Finding {
    std::string wrong = failure_of([&] { prepared(variant); });
    if (!wrong.empty()) return {wrong};
    Bytes found;
    wrong = failure_of([&] { found = results_of(variant); });
    // A library builds its kernels when they are launched.
    if (!wrong.empty()) return {wrong, variant == kGemmLibrary};
    return {compare(found)};
  });
}

uint64_t Trial::time(const std::string& variant, int runs) {
  using Clock = std::chrono::steady_clock;
  return blaming_none([&] {
    Program& program = prepared(variant);
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < runs; ++i) submit(program);
    finish();
    const auto taken = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    return std::max<uint64_t>(static_cast<uint64_t>(taken) / static_cast<uint64_t>(runs), 1);
  });
}

}  // namespace sateen::opencl
