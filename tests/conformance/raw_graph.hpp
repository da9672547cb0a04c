// A graph in the contract's own structures, to be spoiled on purpose: sateen::Graph would refuse to build these.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "op_case.hpp"
#include "target.hpp"

namespace conformance {

/// The operation under test has this name, and a refusal must say it.
inline constexpr const char* kProbe = "probe.operation";

struct RawOp {
  uint32_t kind = 0;
  std::vector<uint32_t> src, dst;
  Bytes attrs;
  std::string name = kProbe;
  bool null_name = false, null_attrs = false;
  uint32_t attrs_size = 0;
};

struct RawGraph {
  std::vector<sateen_storage> storages;
  std::vector<sateen_tensor> tensors;
  std::vector<RawOp> ops;
  uint32_t struct_size = sizeof(sateen_graph), flags = 0, math = SATEEN_MATH_F32;
  uint32_t extra_stride = 0;  ///< bytes between the elements of each array, as a later version would have them

  /// A copy of a graph.
  static RawGraph copy(sateen_graph graph);
  /// A case's operation, every tensor in an external storage of its own, in the order src, dst.
  static RawGraph of(const OpCase& c, uint32_t alignment);
  /// LEAKY_RELU of `count` values from storage 0 to storage 1, slope 0.5.
  static RawGraph relu(int64_t count);

  sateen_tensor& src(size_t i, size_t op = 0) { return tensors[ops[op].src[i]]; }
  sateen_tensor& dst(size_t i, size_t op = 0) { return tensors[ops[op].dst[i]]; }
  sateen_storage& storage_of(const sateen_tensor& t) { return storages[t.storage]; }
  template <typename Attrs, typename F>
  void edit_attrs(F f) {
    Attrs a;
    std::memcpy(&a, ops[0].attrs.data(), sizeof a);
    f(a);
    std::memcpy(ops[0].attrs.data(), &a, sizeof a);
  }
  /// Another tensor with the same fields; its index.
  uint32_t duplicate(uint32_t tensor);

  /// As the contract has it; valid until the next call or change.
  const sateen_graph* view();

 private:
  sateen_graph view_{};
  Bytes storage_bytes_, tensor_bytes_, op_bytes_;
};

inline const std::vector<sateen_status> kInvalid = {SATEEN_INVALID};
/// Where the contract leaves open whether a foreign number breaks a rule or is merely from the future.
inline const std::vector<sateen_status> kRefused = {SATEEN_INVALID, SATEEN_UNSUPPORTED};

/// One way of spoiling a good graph, and what a backend may answer.
struct Fault {
  std::string name;
  std::function<void(RawGraph&)> spoil;
  std::vector<sateen_status> accepted = kInvalid;
};

/// Owners of what the table hands out.
class RawProgram {
 public:
  RawProgram(Target& target, RawGraph& graph);
  ~RawProgram() { target_.table().program_destroy(target_.handle(), handle); }
  RawProgram(const RawProgram&) = delete;
  RawProgram& operator=(const RawProgram&) = delete;
  sateen_program* handle = nullptr;

 private:
  Target& target_;
};

class RawBuffer {
 public:
  RawBuffer(Target& target, const std::vector<float>& data);
  ~RawBuffer() { target_.table().buffer_destroy(target_.handle(), handle); }
  RawBuffer(const RawBuffer&) = delete;
  RawBuffer& operator=(const RawBuffer&) = delete;
  std::vector<float> read() const;
  sateen_buffer* handle = nullptr;
  uint64_t count = 0;

 private:
  Target& target_;
};

/// Checks that compile refuses with one of these statuses, says why (naming the probe if asked), leaves *out alone,
/// judges the same without it, and that the device still works.
void expect_refused(RawGraph& graph, const std::vector<sateen_status>& accepted, bool names_probe);

/// A small operation runs and gives the right numbers.
void expect_usable(Target& target);

}  // namespace conformance
