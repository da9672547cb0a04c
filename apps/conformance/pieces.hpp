// Parts of a graph as graphs of their own, whose values can be put in and seen.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "op_case.hpp"
#include "sateen/device.hpp"

namespace sateen::app {

using conformance::Bytes;

/// The bytes of a graph's storages, by their index; of those that matter.
using State = std::map<uint32_t, Bytes>;

/// Operations `begin` to before `end` of a graph, and which storages of it have to be bound.
struct Piece {
  explicit Piece(uint32_t alignment) : graph(alignment) {}
  Graph graph;
  std::vector<uint32_t> storages;  ///< that the piece has external, in its order; indices of the whole
};

/// Storages that were external, and those that `shown` takes, are external in the piece; the others are its own. A piece
/// of one operation has nothing FROZEN, so that it may run on other values again.
Piece piece_of(const sateen_graph& whole, uint32_t begin, uint32_t end, uint32_t alignment,
               const std::function<bool(uint32_t storage)>& shown);

/// Runs it on copies of the state, and gives what they hold then. again: what a second run from the same state leaves in
/// the same buffers, since what is FROZEN stays where it is.
State run_piece(Device& device, sateen::Program& program, const Piece& piece, const State& state,
                State* again = nullptr);

/// Where a tensor lies in its storage, in bytes.
struct Range {
  uint64_t begin, end;
};
Range range_of(const sateen_tensor& tensor);

}  // namespace sateen::app
