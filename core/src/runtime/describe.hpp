// Reading the extension sateen.describe/1.
#pragma once

#include "sateen/device.hpp"

namespace sateen {

/// NULL where the backend has none.
const sateen_describe* find_describe(const sateen_backend& backend);

/// The text's lines "key: value"; others are passed over. NULL is no text.
Description read_description(const char* text);

}  // namespace sateen
