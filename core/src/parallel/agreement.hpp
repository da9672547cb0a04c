// What ranks tell each other outside of steps: that they train the same, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sateen/communicator.hpp"
#include "sateen/data.hpp"
#include "sateen/model.hpp"
#include "sateen/train.hpp"

namespace sateen {

/// A name for people, and a value; both without tabs and newlines.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// What shapes a training, of which all ranks have the same.
Facts facts_of(const Sequential& model, const Dataset& data, const Split& split, const TrainOptions& options,
               const ParallelOptions& parallel);
std::string hex_checksum(std::span<const unsigned char> bytes);
std::string hex_checksum(std::span<const float> values);

/// Every rank compares its facts with rank 0's. Where one differs, all throw GroupError(kUsage) that names the first such rank
/// and the first such fact.
void agree(Communicator& group, const Facts& facts, const ParallelOptions& options);

/// The largest of the ranks' alignments, which are powers of two: a layout of parameters that fits all of their devices.
uint32_t widest_alignment(Communicator& group, uint32_t own, const ParallelOptions& options);

/// All ranks' weights are rank 0's, or all throw GroupError(kRuntime) that names the first rank whose are not. when: "after
/// epoch 3".
void check_alike(Communicator& group, std::span<const float> weights, const std::string& when,
                 const ParallelOptions& options);

/// Whether all ranks have the same text.
bool all_equal(Communicator& group, const std::string& text, const ParallelOptions& options);

/// own is what this rank had, first what rank 0 has. Where they are further apart than a thousandth of the largest weight,
/// which no rounding explains, all throw GroupError(kRuntime) that names the first such rank.
void check_close(Communicator& group, std::span<const float> own, std::span<const float> first, const std::string& when,
                 const ParallelOptions& options);

/// What a rank has of an evaluation.
struct EvaluationRecord {
  double loss = 0, correct = 0;
  uint64_t images = 0;
  uint64_t stop = 0;  ///< 1: it was told to stop
};
/// Their sum in the order of ranks. seconds: that an evaluation takes, for so long ranks may be busy with it which know of
/// no wish to stop.
EvaluationRecord add_up(Communicator& group, const EvaluationRecord& own, const ParallelOptions& options,
                        double seconds);

}  // namespace sateen
