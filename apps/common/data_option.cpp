// The option --data and the variable that stands for it.
#include "common/data_option.hpp"

#include <cstdlib>

#include "sateen/data.hpp"

namespace sateen::app {

Option data_option() {
  return {"data", "DIR",
          "where Fashion-MNIST's files are (default: $SATEEN_DATA, or else where Debian's package "
          "dataset-fashion-mnist puts them)"};
}

std::string data_folder(const Options& options) {
  const char* variable = std::getenv("SATEEN_DATA");
  const bool overruled = options.from_config("data") && variable != nullptr && *variable != '\0';
  return overruled ? variable : options.text("data", default_data_folder().string());
}

}  // namespace sateen::app
