// Graphs as text, as SATEEN_DUMP_GRAPH writes them (docs/debugging.md): reading them again.
#pragma once

#include <string_view>

#include "sateen/export.hpp"
#include "sateen/graph.hpp"

namespace SATEEN_PUBLIC sateen {

/// The graph that the text holds, with the same storages, tensors and operations in the same order. Its alignment is the
/// largest that all of its tensors keep, up to 4096 bytes. That the operations make sense is for Device::compile to say.
/// Throws Error(kBadInput), "line 7: …", for what is no such text, is cut off, or is of another version.
Graph read_graph_text(std::string_view text);

}  // namespace sateen
