// The option --data and the variable that stands for it.
#include "common/data_option.hpp"

#include "sateen/data.hpp"

namespace sateen::app {

Option data_option() {
  return {"data", "DIR", "where Fashion-MNIST's files are; Debian's package dataset-fashion-mnist brings them",
          packaged_data_folder().string(), "SATEEN_DATA"};
}

}  // namespace sateen::app
