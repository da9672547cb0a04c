// What a file of another kind looks like by its first bytes, for errors that help.
#pragma once

#include <string_view>

#include "io/bytes.hpp"

namespace sateen {

/// "PNG", "HDF5", "text"; "" when nothing is recognised. The head of the file is enough.
std::string_view known_format(Bytes head);

/// Is it a picture of a kind that people might well hand us (WebP, HEIC, …)? format: from known_format.
bool is_picture_format(std::string_view format);

}  // namespace sateen
