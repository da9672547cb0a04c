// A prepared operation, what it is made from, and what it sees when it runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include "kernels/kernel_table.h"
#include "memory.hpp"
#include "sateen/sdk/arena.hpp"
#include "sateen/sdk/graph_view.hpp"

namespace sateen::cpu {

/// Where a tensor lies: the address of its storage is known when the program runs.
struct Place {
  uint32_t storage = 0;
  uint64_t offset = 0;
};

/// Scratch in the arena that one step's threads share.
struct Scratch {
  size_t request = 0;
};

/// What a step sees of the memory.
class RunContext {
 public:
  /// address: one per storage, then one per Scratch; thread_scratch: `per_thread` bytes for each of the device's
  /// threads.
  RunContext(const std::vector<unsigned char*>& address, unsigned char* thread_scratch, uint64_t per_thread)
      : address_(address), thread_scratch_(thread_scratch), per_thread_(per_thread) {}

  template <typename T = float>
  T* at(Place place) const {
    return reinterpret_cast<T*>(address_[place.storage] + place.offset);
  }
  template <typename T = float>
  T* at(Scratch scratch) const {
    return reinterpret_cast<T*>(address_[scratch.request]);
  }
  /// The calling thread's own scratch, as large as the builder's thread_scratch.
  float* thread_scratch() const {
    const auto slot = static_cast<uint64_t>(tbb::this_task_arena::current_thread_index());
    return reinterpret_cast<float*>(thread_scratch_ + slot * per_thread_);
  }

 private:
  const std::vector<unsigned char*>& address_;
  unsigned char* thread_scratch_;
  uint64_t per_thread_;
};

using Step = std::function<void(const RunContext&)>;

/// Calls f(0) … f(tasks − 1) on the device's threads. Where one task ends and the next begins is the caller's choice
/// and must not depend on the number of threads: that is why results don't either.
template <typename F>
void parallel(int64_t tasks, const F& f) {
  if (tasks == 1) return f(0);
  tbb::parallel_for(
      tbb::blocked_range<int64_t>(0, tasks, 1),
      [&f](const tbb::blocked_range<int64_t>& range) {
        for (int64_t i = range.begin(); i != range.end(); ++i) f(i);
      },
      tbb::simple_partitioner());
}

/// f(begin, end) over 0 … n in pieces of `grain`.
template <typename F>
void parallel_pieces(int64_t n, int64_t grain, const F& f) {
  parallel((n + grain - 1) / grain, [&](int64_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
}

/// What a step is made from: the operation and the memory that it may ask for.
class StepBuilder {
 public:
  StepBuilder(const sdk::GraphView& g, const KernelTable& k, size_t op, std::vector<sdk::ArenaRequest>& requests,
              uint64_t& per_thread)
      : kernels(k), op_(&g.ops()[op]), index_(op), graph_(g), requests_(requests), per_thread_(per_thread) {}

  const KernelTable& kernels;

  const sdk::GraphView& graph() const { return graph_; }
  const sdk::Op& op() const { return *op_; }
  /// The tensor at a place that the operation's page does not let be empty.
  const sdk::Tensor& src(size_t i) const { return graph_.tensors()[op_->src[i]]; }
  const sdk::Tensor& dst(size_t i) const { return graph_.tensors()[op_->dst[i]]; }

  static Place place(const sdk::Tensor& t) { return {t.storage, t.offset}; }
  static std::optional<Place> place(const sdk::Tensor* t) {
    return t == nullptr ? std::nullopt : std::optional<Place>(place(*t));
  }
  bool frozen(const sdk::Tensor& t) const { return graph_.storages()[t.storage].frozen(); }

  /// Scratch for this step, in bytes.
  Scratch shared_scratch(uint64_t bytes) {
    requests_.push_back({bytes, index_, index_});
    return {requests_.size() - 1};
  }
  /// Scratch for each thread, in bytes; a later call in the same step replaces an earlier one if it is larger.
  void thread_scratch(uint64_t bytes) { per_thread_ = std::max(per_thread_, sdk::align_up(bytes, kAlignment)); }

  /// A LeakyReLU that follows the operation and is its only reader: the step writes the activation's destination.
  void fuse_leaky_relu(const sdk::Op& activation) { activation_ = &activation; }
  Place activated_dst() const { return place(activation_ != nullptr ? graph_.tensors()[activation_->dst[0]] : dst(0)); }
  std::optional<float> leaky_alpha() const {
    if (activation_ == nullptr) return std::nullopt;
    return activation_->attributes<sateen_leaky_relu_attrs>().alpha;
  }

 private:
  const sdk::Op* op_;
  size_t index_;
  const sdk::GraphView& graph_;
  std::vector<sdk::ArenaRequest>& requests_;
  uint64_t& per_thread_;
  const sdk::Op* activation_ = nullptr;
};

/// Bytes of a · b · c floats, checked.
inline uint64_t float_bytes(int64_t a, int64_t b = 1, int64_t c = 1) {
  const auto u = [](int64_t x) { return static_cast<uint64_t>(x); };
  return sdk::checked_mul(sdk::checked_mul(sdk::checked_mul(u(a), u(b)), u(c)), sizeof(float));
}

}  // namespace sateen::cpu
