// Reading the extension sateen.describe/1.
#include "runtime/describe.hpp"

#include <sstream>

namespace sateen {

const sateen_describe* find_describe(const sateen_backend& backend) {
  const auto* table = static_cast<const sateen_describe*>(backend.extension(SATEEN_DESCRIBE_1));
  return table != nullptr && table->struct_size >= sizeof(sateen_describe) ? table : nullptr;
}

Description read_description(const char* text) {
  Description lines;
  std::istringstream stream(text != nullptr ? text : "");
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) lines.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return lines;
}

}  // namespace sateen
