// A whole training step of a small network, the way core lays it out: one flat storage for all parameters, one Adam
// over it, everything else in intermediates.
#pragma once

#include <map>

#include "mirror.hpp"
#include "runner.hpp"

namespace conformance {

class TrainingStep {
 public:
  /// `unrolled` steps in one graph.
  TrainingStep(uint32_t alignment, int unrolled);

  /// Fresh buffers, `runs` runs of the program, and all bytes after them.
  Image run(sateen::Device& device, int runs);
  /// Holds those bytes against the oracle's `steps` steps.
  static void check(uint32_t alignment, const Image& image, int steps);

 private:
  enum Storage { kParams, kGradients, kM, kV, kImages, kLabels, kOrder, kValid, kRates, kCursor, kLog, kStorages };

  Node parameter(const std::string& name, Storage storage);
  void allocate();
  template <typename T>
  void external(Storage which, sateen::DType dtype, Dims dims, const std::vector<T>& data);
  void emit_step(Mirror& m);
  /// Moves a flat value into the slices that the layers use, or back.
  void scatter(const Node& flat, std::map<std::string, Node>& slices);
  void collect(Node& flat, const std::map<std::string, Node>& slices);

  sateen::Graph graph_;
  uint32_t alignment_;
  std::vector<sateen::StorageId> storages_;
  std::vector<Node> whole_;
  Image before_;
  std::map<std::string, uint64_t> offset_;  ///< in elements
  std::map<std::string, Dims> dims_;
  std::map<std::string, Node> params_, gradients_;
  uint64_t flat_ = 0;
};

}  // namespace conformance
