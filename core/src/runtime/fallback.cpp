// What is said and counted of operations that run elsewhere.
#include "runtime/fallback.hpp"

#include <utility>

#include "graph/attributes.hpp"
#include "graph/split.hpp"
#include "runtime/device_state.hpp"

namespace sateen {

namespace {

std::string kind_name(uint32_t kind) {
  const OpPage* page = find_op_page(kind);
  return page != nullptr ? page->name : "kind " + std::to_string(kind);
}

/// The device's own words on one operation: "the backend has no such operation".
std::string reason(const DeviceState& device, const sateen_graph& graph, size_t op) {
  const GraphPart part = only_operation(graph, op);
  const sateen_graph alone = part.view();
  const sateen_status status = device.backend->compile(device.device, &alone, nullptr, nullptr);
  if (status == SATEEN_OK) return "not beside its neighbours";
  const char* said = device.backend->last_error(device.device);
  std::string words = said != nullptr ? said : "";
  const std::string usual = std::string(graph.op[op].name) + " is not supported: ";
  if (words.compare(0, usual.size(), usual) == 0) words.erase(0, usual.size());
  return words.empty() ? "not supported" : words;
}

/// "dropout (no random numbers), conv2d_forward, max_pool2d_forward (the backend has no such operation)"
std::string kinds_and_reasons(const DeviceState& device, const sateen_graph& graph,
                              const std::map<uint32_t, size_t>& first_op) {
  std::vector<std::pair<std::string, std::string>> by_reason;  // and the kinds, in their order
  for (const auto& [kind, op] : first_op) {
    const std::string why = reason(device, graph, op);
    auto entry = by_reason.begin();
    while (entry != by_reason.end() && entry->first != why) ++entry;
    if (entry == by_reason.end()) {
      by_reason.emplace_back(why, kind_name(kind));
    } else {
      entry->second += ", " + kind_name(kind);
    }
  }
  std::string text;
  for (const auto& [why, kinds] : by_reason) text += (text.empty() ? "" : "; ") + kinds + " (" + why + ")";
  return text;
}

}  // namespace

bool ToldKinds::tell(const std::string& device_id, const std::set<uint32_t>& kinds) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::set<uint32_t>& told = told_[device_id];
  const size_t before = told.size();
  told.insert(kinds.begin(), kinds.end());
  return told.size() != before;
}

void report_fallback(DeviceState& device, const sateen_graph& graph, const std::vector<bool>& supported) {
  Fallback& fallback = device.fallback;
  std::map<uint32_t, size_t> first_op;  // by kind
  std::set<uint32_t> kinds;
  size_t lacking = 0;
  for (size_t i = 0; i < supported.size(); ++i) {
    if (supported[i]) continue;
    ++lacking;
    ++fallback.by_kind[kind_name(graph.op[i].kind)];
    first_op.emplace(graph.op[i].kind, i);
    kinds.insert(graph.op[i].kind);
  }
  fallback.ops += lacking;
  if (!fallback.logged || !device.log || fallback.told == nullptr) return;
  if (!fallback.told->tell(device.info.id, kinds)) return;
  device.log(LogLevel::kInfo, device.info.id + " lacks " + std::to_string(lacking) + " of " +
                                  std::to_string(supported.size()) +
                                  " operations: " + kinds_and_reasons(device, graph, first_op) + "; they run on " +
                                  fallback.device->info.id);
}

Description describe_fallback(const Fallback& fallback) {
  if (fallback.ops == 0) return {};
  std::string kinds;
  for (const auto& [kind, count] : fallback.by_kind) {
    kinds += (kinds.empty() ? "" : ", ") + kind + (count > 1 ? " (" + std::to_string(count) + ")" : "");
  }
  return {{"fallback", std::to_string(fallback.ops) + " of " + std::to_string(fallback.all_ops) +
                           " operations ran on " + fallback.device->info.id + ": " + kinds},
          {"fallback_copied_bytes", std::to_string(fallback.copied_bytes)}};
}

}  // namespace sateen
