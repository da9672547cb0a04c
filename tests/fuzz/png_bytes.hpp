// PNG files taken apart and put together, so that a changed one has right checksums.
#pragma once

#include <string>

#include "picture_forge.hpp"
#include "target.hpp"

namespace sateen::fuzz {

bool is_png(Bytes file);
/// Of the critical chunks.
bool png_has_right_checksums(Bytes file);
/// Changes a chunk, what its packed data holds, or the order of the chunks.
void mutate_png(Input& file, size_t most, uint32_t choice, const Change& change);

}  // namespace sateen::fuzz
