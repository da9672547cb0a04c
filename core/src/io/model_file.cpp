// Models to and from .sateen files.
#include "sateen/model_file.hpp"

#include <utility>

#include "io/container.hpp"
#include "io/file_error.hpp"
#include "io/model_header.hpp"
#include "io/model_parts.hpp"
#include "io/safe_file.hpp"

namespace sateen {

void save_model(const ModelFile& file, const std::filesystem::path& path) {
  const EncodedContainer encoded = naming_file(path, [&] {
    // What would be refused when it is read is not written.
    if (find_wrong(file.model, file.model.weights(), is_below_zero) != nullptr) {
      throw Error(ErrorCode::kUsage, "a variance is below 0");
    }
    std::vector<ContainerTensor> tensors;
    add_section(tensors, kWeightsSection, file.model, file.model.weights());
    return encode_parts(encode_model_header(file), tensors);
  });
  write_file_safely(path, encoded.chunks);
}

void check_save_target(const std::filesystem::path& path) {
  check_safe_target(path);
}

ModelFile load_model(const std::filesystem::path& path, const LoadOptions& options) {
  return naming_input(path, [&] {
    ModelParts parts = read_parts(path);
    return build_model(parts, options);
  });
}

}  // namespace sateen
