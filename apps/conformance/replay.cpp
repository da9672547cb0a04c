// Replaying: on the same drawn inputs, each operation of the device is held against cpu's; then the whole graph against
// the device's operations one by one, which shows what goes wrong between them: fusion, memory, order.
#include "conformance/replay.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <unistd.h>

#include "common/config_file.hpp"
#include "common/numbers.hpp"
#include "common/program.hpp"
#include "common/text.hpp"
#include "conformance/pieces.hpp"
#include "conformance/replay_inputs.hpp"
#include "runner.hpp"
#include "sateen/error.hpp"
#include "sateen/graph_text.hpp"
#include "target.hpp"

namespace sateen::app {
namespace {

/// Both sides round, and sums are longer than the cases'.
constexpr double kMoreThanCases = 4;

Graph read_graph(const std::string& path) {
  try {
    return read_graph_text(read_config(path));
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadInput, path + ": " + error.what());
  }
}

/// cpu; of cpu itself, its code without vector instructions.
Device open_reference(const Device& device) {
  const bool itself = device.info().backend == "cpu";
  Device reference =
      Registry(Registry::Options{{}, false, {}})
          .open("cpu", {}, itself ? std::vector<std::string>{"isa=baseline"} : std::vector<std::string>{});
  reference.set_graph_dumps(false);
  return reference;
}

/// "op 12, conv2.forward (conv2d_forward)"
std::string op_text(const sateen_graph& graph, uint32_t i) {
  return one_line("op " + std::to_string(i) + ", " + graph.op[i].name + " (" + conformance::op_name(graph.op[i].kind) +
                  ")");
}

class Replay {
 public:
  Replay(Device& device, Graph& graph, uint64_t seed)
      : device_(device),
        reference_(open_reference(device)),
        graph_(graph),
        view_(graph.c_graph()),
        rules_(conformance::all_cases()),
        alignment_(std::max(device.info().alignment, reference_.info().alignment)) {
    check_alignment();
    check_graph();
    inputs_ = draw_inputs(view_, rules_, seed);
  }

  bool run() {
    if (!run_operations()) return false;
    return run_whole();
  }

 private:
  struct Difference {
    uint64_t off = 0, all = 0;  ///< elements
    std::string text;
  };

  void check_alignment() const {
    for (uint32_t i = 0; i < view_.n_tensors; ++i) {
      if (view_.tensor[i].offset % alignment_ == 0) continue;
      throw Error(ErrorCode::kBadInput, "tensor " + std::to_string(i) + " of the graph lies at byte " +
                                            std::to_string(view_.tensor[i].offset) +
                                            ", and the device wants multiples of " + std::to_string(alignment_) +
                                            "; dump the graph on this device");
    }
  }

  /// What cpu refuses is no graph of the contract: nothing is drawn for it, and no device has to do it.
  void check_graph() {
    std::vector<bool> supported;
    try {
      supported = reference_.supported(graph_);
    } catch (const Error& error) {
      throw Error(ErrorCode::kBadInput, error.what());
    }
    const auto lacking = std::find(supported.begin(), supported.end(), false);
    if (lacking == supported.end()) return;
    throw Error(ErrorCode::kBadInput, "cpu, which it is held against, lacks " +
                                          op_text(view_, static_cast<uint32_t>(lacking - supported.begin())));
  }

  /// What the device refuses of a good graph, and how it fails, is the device's fault, at this operation and step.
  template <typename Step>
  static auto on_device(const std::string& where, Step&& step) {
    try {
      return step();
    } catch (const Error& error) {
      throw Error(ErrorCode::kDevice, where + ": " + error.what());
    }
  }
  State run_on_device(const std::string& where, Piece piece, const State& state) {
    return on_device(where, [&] {
      sateen::Program program = device_.compile(piece.graph);
      return run_piece(device_, program, piece, state);
    });
  }

  /// One operation with all of its values shown.
  Piece alone(uint32_t i) const {
    return piece_of(view_, i, i + 1, alignment_, [](uint32_t) { return true; });
  }

  // Each on cpu's values, and once more on the device's own, which go on to the whole.
  bool run_operations() {
    State truth = inputs_;
    chain_ = inputs_;
    size_t lacks = 0, wrong = 0;
    std::string first;
    for (uint32_t i = 0; i < view_.n_ops; ++i) {
      Piece piece = alone(i);
      const std::string where = op_text(view_, i) + ", by itself";
      sateen::Program of_reference = reference_.compile(piece.graph);
      sateen::Program program = on_device(where, [&] { return device_.compile(piece.graph); });
      const auto run = [&](const State& state) {
        return on_device(where, [&] { return run_piece(device_, program, piece, state); });
      };
      const State want = run_piece(reference_, of_reference, piece, truth);
      if (program.fallback_ops() > 0) {
        ++lacks;
      } else {
        const std::string fault = differs(i, truth, want, run(truth));
        if (!fault.empty()) {
          if (first.empty()) first = op_text(view_, i);
          if (++wrong <= kMostShown) Program::print("FAIL " + op_text(view_, i) + "\n     " + fault + "\n");
        }
      }
      for (auto& [storage, bytes] : run(chain_)) chain_[storage] = std::move(bytes);
      for (const auto& [storage, bytes] : want) truth[storage] = bytes;
    }
    if (wrong > 0) {
      Program::print("FAILED: " + grouped(wrong) + " of " + grouped(view_.n_ops) +
                     " operations differ from cpu's; the first is " + first + "\n");
      return false;
    }
    Program::print("one by one  " + grouped(view_.n_ops - lacks) + " operations give what cpu gives" +
                   (lacks > 0 ? "; the device lacks " + grouped(lacks) + " others" : "") + "\n");
    Program::flush();
    return true;
  }

  /// What is wrong with an operation's results, or "".
  std::string differs(uint32_t i, const State& before, const State& want, State got) const {
    const sateen_op& op = view_.op[i];
    const conformance::OpRules* rules = rules_.rules_of(op.kind);
    conformance::Bound bound = rules != nullptr ? rules->bound : conformance::kExact;
    bound.share *= kMoreThanCases;
    for (uint32_t k = 0; k < op.n_dst; ++k) {
      if (op.dst[k] == SATEEN_NONE) continue;
      const sateen_tensor& t = view_.tensor[op.dst[k]];
      const std::string wrong =
          conformance::judge(expected(op.dst[k], want, bound), got.at(t.storage).data() + t.offset);
      if (!wrong.empty())
        return "destination " + std::to_string(k) + ", tensor " + std::to_string(op.dst[k]) + ": " + wrong;
    }
    hide_results(i, before, got);
    const std::string byte = first_difference(got, before);
    return byte.empty() ? "" : byte + " is written, and is no result";
  }

  /// Puts back what an operation's results were before.
  void hide_results(uint32_t i, const State& before, State& got) const {
    const sateen_op& op = view_.op[i];
    for (uint32_t k = 0; k < op.n_dst; ++k) {
      if (op.dst[k] == SATEEN_NONE || got.count(view_.tensor[op.dst[k]].storage) == 0) continue;
      const sateen_tensor& t = view_.tensor[op.dst[k]];
      const Range range = range_of(t);
      const Bytes& was = before.at(t.storage);
      std::copy(was.begin() + static_cast<std::ptrdiff_t>(range.begin),
                was.begin() + static_cast<std::ptrdiff_t>(range.end),
                got.at(t.storage).begin() + static_cast<std::ptrdiff_t>(range.begin));
    }
  }

  /// "byte 7 of storage 3", of the first that isn't as in the other state; or "".
  static std::string first_difference(const State& got, const State& other) {
    for (const auto& [storage, bytes] : got) {
      const auto at = std::mismatch(bytes.begin(), bytes.end(), other.at(storage).begin()).first - bytes.begin();
      if (static_cast<size_t>(at) != bytes.size())
        return "byte " + std::to_string(at) + " of storage " + std::to_string(storage);
    }
    return {};
  }

  /// A tensor's values as what is wanted.
  conformance::Argument expected(uint32_t index, const State& want, conformance::Bound bound) const {
    const sateen_tensor& t = view_.tensor[index];
    const Range range = range_of(t);
    const unsigned char* wanted = want.at(t.storage).data() + range.begin;
    conformance::Argument argument;
    argument.dtype = static_cast<DType>(t.dtype);
    argument.dims.assign(t.dim, t.dim + t.rank);
    if (t.dtype != SATEEN_F32) {
      argument.expect.exact.assign(wanted, wanted + (range.end - range.begin));
      return argument;
    }
    std::vector<float> values(argument.elements());
    std::memcpy(values.data(), wanted, values.size() * sizeof(float));
    return conformance::result(argument.dims, conformance::widen(values), bound);
  }

  // As it was dumped. What it leaves in external storages is what its operations leave there one by one.
  bool run_whole() {
    Piece whole = piece_of(view_, 0, view_.n_ops, alignment_, [](uint32_t) { return false; });
    State again;
    State got = on_device("the whole graph", [&] {
      sateen::Program program = device_.compile(whole.graph);
      return run_piece(device_, program, whole, inputs_, &again);
    });
    const std::string other = first_difference(again, got);
    std::string fault = external_fault(got);
    size_t jumps = 0;
    if (!fault.empty()) {
      if (!follow(jumps)) return false;
      fault = external_fault(got);
    }
    if (!fault.empty()) {
      Program::print("FAILED: the whole graph leaves other values than its operations one by one\n     " + fault +
                     "\n");
      return false;
    }
    if (!other.empty()) {
      Program::print("FAILED: a second run of the whole graph leaves other bytes; the first is " + other + "\n");
      return false;
    }
    for (uint32_t i = 0; i < view_.n_ops; ++i) hide_results(i, inputs_, got);
    const std::string written = first_difference(got, inputs_);
    if (!written.empty()) {
      Program::print("FAILED: the whole graph writes " + written + ", which is no result of its operations\n");
      return false;
    }
    Program::print("whole       the graph gives what its operations give one by one" +
                   (jumps > 0 ? ", but for " + grouped(jumps) + " that choose by values a rounding apart" : "") +
                   "\npassed: " + grouped(view_.n_ops) + " operations\n");
    return true;
  }

  std::string external_fault(const State& got) const {
    for (uint32_t i = 0; i < view_.n_ops; ++i) {
      const Difference difference = chain_difference(i, got);
      if (difference.off > 0) return difference.text;
    }
    return {};
  }

  // Operation by operation, with all before it in one graph: the first whose results differ is named. One that chooses
  // (where the maximum is, what sign a value has) may differ in a few elements; the chain then goes on from there.
  bool follow(size_t& jumps) {
    chain_ = inputs_;
    for (uint32_t i = 0; i < view_.n_ops; ++i) {
      Piece single = alone(i);
      for (auto& [storage, bytes] : run_on_device(op_text(view_, i) + ", by itself", std::move(single), chain_))
        chain_[storage] = std::move(bytes);
      Piece piece = piece_of(view_, 0, i + 1, alignment_, [&](uint32_t storage) { return writes(i, storage); });
      State got = run_on_device("the operations up to " + op_text(view_, i), std::move(piece), inputs_);
      const Difference difference = chain_difference(i, got);
      if (difference.off == 0) continue;
      const conformance::OpRules* rules = rules_.rules_of(view_.op[i].kind);
      if (rules == nullptr || !rules->jumps || difference.off > std::max<uint64_t>(8, difference.all / 1000)) {
        print_first_up_to(i, difference);
        return false;
      }
      ++jumps;
      for (auto& [storage, bytes] : got) {
        if (writes(i, storage)) chain_[storage] = std::move(bytes);
      }
    }
    return true;
  }

  /// An operation showed a difference that an earlier one of the same graph may have made.
  void print_first_up_to(uint32_t i, Difference difference) {
    for (uint32_t earlier = 0; earlier < i; ++earlier) {
      Piece piece = piece_of(view_, 0, i + 1, alignment_, [&](uint32_t storage) { return writes(earlier, storage); });
      const Difference there = chain_difference(
          earlier, run_on_device("the operations up to " + op_text(view_, i), std::move(piece), inputs_));
      if (there.off == 0) continue;
      i = earlier;
      difference = there;
    }
    Program::print("FAIL " + op_text(view_, i) + "\n     " + difference.text +
                   "\nFAILED: in one graph with others the operation gives other values than by itself\n");
  }

  bool writes(uint32_t i, uint32_t storage) const {
    const sateen_op& op = view_.op[i];
    return std::any_of(op.dst, op.dst + op.n_dst,
                       [&](uint32_t t) { return t != SATEEN_NONE && view_.tensor[t].storage == storage; });
  }

  /// Between an operation's results and the chain's, of which there are bytes on both sides.
  Difference chain_difference(uint32_t i, const State& got) const {
    const sateen_op& op = view_.op[i];
    for (uint32_t k = 0; k < op.n_dst; ++k) {
      if (op.dst[k] == SATEEN_NONE || got.count(view_.tensor[op.dst[k]].storage) == 0) continue;
      const conformance::Argument want = expected(op.dst[k], chain_, conformance::kChain);
      const unsigned char* bytes = got.at(view_.tensor[op.dst[k]].storage).data() + view_.tensor[op.dst[k]].offset;
      const std::string wrong = conformance::judge(want, bytes);
      if (wrong.empty()) continue;
      return {conformance::count_off(want, bytes), want.elements(),
              "destination " + std::to_string(k) + " of " + op_text(view_, i) + ", tensor " +
                  std::to_string(op.dst[k]) + ": " + wrong};
    }
    return {};
  }

  static constexpr size_t kMostShown = 5;
  Device& device_;
  Device reference_;
  Graph& graph_;
  sateen_graph view_;
  conformance::CaseList rules_;
  uint32_t alignment_;
  State inputs_, chain_;
};

/// The inputs, cpu's values, the device's, and those of each before, beside the buffers: up to eight copies at once.
void check_memory(const std::string& path, uint64_t bytes) {
  constexpr uint64_t kCopies = 8;
  const uint64_t machine =
      static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (bytes <= machine / kCopies) return;
  throw Error(ErrorCode::kBadInput, path + ": its storages have " + grouped(bytes >> 20) +
                                        " MiB; to replay it takes eight times that, and the machine has " +
                                        grouped(machine >> 20) + " MiB of memory");
}

}  // namespace

bool replay(const std::string& path, uint64_t seed) {
  Graph graph = read_graph(path);
  Device& device = conformance::target().device();
  device.set_graph_dumps(false);
  const sateen_graph view = graph.c_graph();
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < view.n_storages; ++i) {
    if (__builtin_add_overflow(bytes, view.storage[i].bytes, &bytes)) bytes = UINT64_MAX;
  }
  check_memory(path, bytes);
  std::optional<Replay> replay;
  try {
    replay.emplace(device, graph, seed);
  } catch (const Error& error) {
    throw Error(error.code(), path + ": " + error.what());
  }
  Program::print("graph       " + one_line(path) + ": " + grouped(view.n_ops) + " operations, " +
                 grouped(view.n_storages) + " storages, " + fixed(static_cast<double>(bytes) / 1048576, 1) +
                 " MiB; inputs of seed " + std::to_string(seed) + "\n");
  Program::flush();
  return replay->run();
}

}  // namespace sateen::app
