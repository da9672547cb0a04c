// Manual pages, made from the same table as --help.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/options.hpp"

namespace sateen::app {

/// What a program says of itself.
struct ManualSource {
  const std::string &program, &usage, &summary, &notes;
  const std::vector<std::string>& examples;
  const std::vector<OptionGroup>& groups;
  const std::vector<std::pair<std::string, std::string>>& variables;  ///< that stand for no option
};

/// The page in section 1, in the language of man(7). Bare of dates, so that the same program gives the same page.
std::string manual_page(const ManualSource& source);

}  // namespace sateen::app
