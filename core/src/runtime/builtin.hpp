// The backends that are linked into the library. The build generates the list, so core's sources name none of them.
#pragma once

#include <span>

#include "sateen/backend.h"

namespace sateen {

std::span<const sateen_backend_entry_fn> builtin_backends();

}  // namespace sateen
