// What stderr is connected to, and whether colours are wanted there.
#pragma once

#include <string>

#include "common/options.hpp"

namespace sateen::app {

/// stderr is a terminal that can go back within a line.
bool stderr_is_terminal();
/// Columns of the terminal that stderr is; 80 where that can't be known.
int stderr_columns();

Option color_option();
/// What --color says; of itself only on a terminal, and not where NO_COLOR is set and not empty (no-color.org).
bool wants_color(const Options& options);

}  // namespace sateen::app
