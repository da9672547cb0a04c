// A backend that is cpu but for the operations that it refuses, by its option "ops":
//   all            none
//   seed:N         about half of them, by their names
//   kinds:A,B      all but those of these kinds
//   later          the first of each graph, so that what it can do hangs on what is beside it
// or with a mistake put in:
//   wrong          LeakyReLU, forward, has another slope
//   wrong-together the same, in graphs of more than three operations alone
//   writes-source  a bit of a source is turned by the run, in graphs of more than three operations alone
//   unsteady       the last bit of a result is, by every other run, in those graphs
//   silent         LeakyReLU, forward, is refused, and last_error is ""
//   null           the same, and last_error is NULL
//   invalid        the same, and it is called invalid
//   crash          it ends in a fatal signal
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sateen/backend.h"

extern "C" const sateen_backend* sateen_cpu_entry(uint32_t host_major, uint32_t host_minor);

namespace {

const sateen_backend& cpu() {
  return *sateen_cpu_entry(SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR);
}

/// A bit that a run turns: in what is bound as this, at this byte.
struct Bit {
  size_t binding = 0;
  uint64_t at = 0;
};

struct State {
  std::string rule, error;
  std::map<const sateen_program*, Bit> bits;
  uint64_t runs = 0;
};

std::mutex& mutex() {
  static std::mutex m;
  return m;
}
State& state_of(const sateen_device* device) {
  static std::map<const sateen_device*, State> states;
  const std::lock_guard<std::mutex> lock(mutex());
  return states[device];
}

sateen_status device_info(uint32_t index, sateen_device_info* io) {
  const sateen_status status = cpu().device_info(index, io);
  io->type = SATEEN_DEVICE_OTHER;
  io->id = "subset";
  return status;
}

sateen_status device_open(uint32_t index, const char* const* options, const sateen_host* host, sateen_device** out) {
  std::string rule = "all";
  std::vector<const char*> others;
  for (; options != nullptr && *options != nullptr; ++options) {
    if (std::strncmp(*options, "ops=", 4) == 0) {
      rule = *options + 4;
    } else {
      others.push_back(*options);
    }
  }
  others.push_back(nullptr);
  const sateen_status status = cpu().device_open(index, others.data(), host, out);
  if (status == SATEEN_OK) state_of(*out) = {rule, {}, {}, 0};
  return status;
}

const char* last_error(const sateen_device* device) {
  if (device != nullptr && state_of(device).rule == "silent") return "";
  if (device != nullptr && state_of(device).rule == "null") return nullptr;
  if (device == nullptr || state_of(device).error.empty()) return cpu().last_error(device);
  return state_of(device).error.c_str();
}

bool listed(std::string_view list, const std::string& word) {
  return ("," + std::string(list) + ",").find("," + word + ",") != std::string::npos;
}

bool refuses(std::string_view rule, const sateen_graph& graph, uint32_t i) {
  const sateen_op& op = graph.op[i];
  if (rule == "later") return i == 0;
  if (rule == "silent" || rule == "null") return op.kind == SATEEN_OP_LEAKY_RELU_FORWARD;
  if (rule.substr(0, 6) == "kinds:") return listed(rule.substr(6), std::to_string(op.kind));
  if (rule.substr(0, 5) != "seed:") return false;
  // FNV-1a, and its bits mixed.
  uint64_t hash = 0xcbf29ce484222325ULL ^ std::strtoull(rule.substr(5).data(), nullptr, 10);
  for (const char* c = op.name; *c != '\0'; ++c) hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001b3ULL;
  hash = (hash ^ hash >> 31U) * 0x9e3779b97f4a7c15ULL;
  return (hash >> 40U & 1U) != 0;
}

/// The graph with the mistake of the rule in it.
sateen_status compile_wrong(sateen_device* device, std::string_view rule, const sateen_graph& graph,
                            uint8_t* op_supported, sateen_program** out) {
  std::vector<sateen_op> ops(graph.op, graph.op + graph.n_ops);
  const sateen_leaky_relu_attrs other{0.3F};
  for (sateen_op& op : ops) {
    if (op.kind == SATEEN_OP_LEAKY_RELU_FORWARD && (rule == "wrong" || ops.size() > 3)) op.attrs = &other;
  }
  sateen_graph changed = graph;
  changed.op = ops.data();
  return cpu().compile(device, &changed, op_supported, out);
}

/// Of the first external storage that is written, or that is not.
Bit find_bit(const sateen_graph& graph, bool source) {
  size_t binding = 0;
  for (uint32_t storage = 0; storage < graph.n_storages; ++storage) {
    if (graph.storage[storage].role != SATEEN_STORAGE_EXTERNAL) continue;
    const sateen_tensor* written = nullptr;
    for (uint32_t i = 0; i < graph.n_ops; ++i) {
      const sateen_op& op = graph.op[i];
      for (uint32_t k = 0; k < op.n_dst; ++k) {
        if (op.dst[k] == SATEEN_NONE) continue;
        const sateen_tensor& tensor = graph.tensor[op.dst[k]];
        if (tensor.storage == storage && tensor.dtype == SATEEN_F32) written = &tensor;
      }
    }
    if (source == (written == nullptr)) return {binding, source ? 0 : written->offset};
    ++binding;
  }
  return {};
}

sateen_status compile(sateen_device* device, const sateen_graph* graph, uint8_t* op_supported, sateen_program** out) {
  State& state = state_of(device);
  state.error.clear();
  if (state.rule == "crash" && graph->op[0].kind == SATEEN_OP_LEAKY_RELU_FORWARD) std::raise(SIGSEGV);
  if (state.rule == "invalid" && graph->op[0].kind == SATEEN_OP_LEAKY_RELU_FORWARD) return SATEEN_INVALID;
  if (state.rule.rfind("wrong", 0) == 0) return compile_wrong(device, state.rule, *graph, op_supported, out);
  const sateen_status status = cpu().compile(device, graph, op_supported, nullptr);
  if (status != SATEEN_OK) return status;
  for (uint32_t i = 0; i < graph->n_ops; ++i) {
    if (!refuses(state.rule, *graph, i)) continue;
    if (op_supported != nullptr) op_supported[i] = 0;
    if (state.error.empty())
      state.error = std::string(graph->op[i].name) + " is not supported: it is not in the subset";
  }
  if (!state.error.empty()) return SATEEN_UNSUPPORTED;
  const sateen_status compiled = cpu().compile(device, graph, nullptr, out);
  if (compiled == SATEEN_OK && out != nullptr) {
    state.bits.erase(*out);
    const bool source = state.rule == "writes-source";
    if (graph->n_ops > 3 && (source || state.rule == "unsteady")) state.bits[*out] = find_bit(*graph, source);
  }
  return compiled;
}

sateen_status run(sateen_device* device, sateen_program* program, const sateen_binding* binding, uint32_t n) {
  const sateen_status status = cpu().run(device, program, binding, n);
  State& state = state_of(device);
  const auto bit = state.bits.find(program);
  if (status != SATEEN_OK || bit == state.bits.end()) return status;
  if (state.rule == "unsteady" && state.runs++ % 2 == 0) return status;
  const sateen_binding& bound = binding[bit->second.binding];
  const uint64_t at = bound.offset + bit->second.at;
  unsigned char byte = 0;
  cpu().read(device, &byte, bound.buffer, at, 1);
  byte ^= 1;
  return cpu().write(device, bound.buffer, at, &byte, 1);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const sateen_backend* sateen_backend_entry(uint32_t, uint32_t);
extern "C" const sateen_backend* sateen_backend_entry(uint32_t host_major, uint32_t /*host_minor*/) {
  static const sateen_backend kTable = [] {
    sateen_backend table = cpu();
    table.name = "subset";
    table.device_info = device_info;
    table.device_open = device_open;
    table.last_error = last_error;
    table.compile = compile;
    table.run = run;
    return table;
  }();
  return host_major == SATEEN_ABI_MAJOR ? &kTable : nullptr;
}
