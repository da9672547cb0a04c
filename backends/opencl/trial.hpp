// One operation by itself, on numbers made for it: whether a variant computes right, and how fast.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "program.hpp"
#include "step.hpp"

namespace sateen::opencl {

/// A graph of one operation of another graph. Each of its tensors is in a storage of its own.
class OneOpGraph {
 public:
  OneOpGraph(const sdk::GraphView& graph, const sdk::Op& op, uint32_t alignment) : view_(make(graph, op), alignment) {}
  const sdk::GraphView& view() const { return view_; }

 private:
  sateen_graph make(const sdk::GraphView& graph, const sdk::Op& op);

  std::vector<sateen_storage> storages_;
  std::vector<sateen_tensor> tensors_;
  std::vector<uint32_t> sources_, results_;
  sateen_op op_{};
  sdk::GraphView view_;  // last: it is made from the rest
};

/// That an operation can't be tried now, which says nothing of its variants.
class CannotTry : public sdk::Failure {
 public:
  using Failure::Failure;
};

/// What was found of a variant.
struct Finding {
  std::string wrong;    ///< "" where it is right
  bool lasting = true;  ///< whether it would be found again: not where a launch was refused
};

/// The tensors lie in one buffer, as most do in the arena, at unequal distances. What is around them, and in the
/// destinations before a run, is no number. All functions return when the device is done, and throw CannotTry where
/// memory is short, on the host or the device, or the safe variant fails, and LateFailure where the device has failed.
class Trial {
 public:
  /// safe: the variant that the others are held against.
  Trial(const sdk::GraphView& graph, const sdk::Op& op, std::string safe, cl_context context, const Workshop& workshop);

  /// Runs the safe variant, once. Whatever fails there is CannotTry.
  void run_safe();
  /// Right is a variant whose results agree with those of the safe one as closely as the conformance tests ask, and that
  /// wrote nothing beside them; otherwise there is what was wrong, be it an error. The same run makes drivers and
  /// libraries compile what they compile late.
  Finding check(const std::string& variant);
  /// Nanoseconds of one of so many runs, by the host's clock. For a variant that was checked.
  uint64_t time(const std::string& variant, int runs);

 private:
  struct Place {
    uint64_t offset = 0, bytes = 0;
    bool result = false;
  };
  Memory allocate(uint64_t bytes) const;
  void lay_out();
  void fill();
  Program& prepared(const std::string& variant);
  void submit(Program& program);
  void finish();
  std::vector<unsigned char> results_of(const std::string& variant);
  std::string compare(const std::vector<unsigned char>& found) const;
  std::string compare_values(const Place& at, const std::vector<unsigned char>& found) const;
  bool untouched_beside(const std::vector<unsigned char>& found) const;

  cl_context context_;
  const Workshop& workshop_;
  OneOpGraph graph_;
  std::string safe_;
  std::vector<Place> places_;  // of the storages
  std::vector<unsigned char> before_, expected_;
  Memory memory_, arena_;
  uint64_t arena_bytes_ = 0;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  InFlight in_flight_{Timing::kNone};
};

}  // namespace sateen::opencl
