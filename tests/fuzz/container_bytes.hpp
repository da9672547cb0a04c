// Containers for the targets that read them: seeds, and changes behind which the checksums are right again.
#pragma once

#include "target.hpp"

namespace sateen::fuzz {

/// Whether the magic and both checksums of the head are right, and the lengths such that there are any.
bool has_right_checksums(Bytes file);

void mutate_container(Input& file, size_t most, uint32_t choice, const Change& change);

std::vector<Input> container_seeds();

/// Checkpoints as the library writes them: of a beginning, and within an epoch.
std::vector<Input> checkpoint_seeds();

}  // namespace sateen::fuzz
