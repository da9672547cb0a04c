// Looking into a .sateen file.
#include "sateen/inspect.hpp"

#include <utility>

#include "io/checkpoint_header.hpp"
#include "io/model_parts.hpp"

namespace sateen {

const ModelFile& FileSummary::model() const {
  const Checkpoint* held = checkpoint();
  return held != nullptr ? held->file : std::get<ModelFile>(content);
}

FileSummary inspect(const std::filesystem::path& path, const LoadOptions& options) {
  return naming_input(path, [&] {
    ModelParts parts = read_parts(path);
    const Container& container = parts.container;
    std::vector<TensorSummary> tensors;
    for (const ContainerTensor& tensor : container.tensors) {
      tensors.push_back({tensor.name, tensor.dtype, tensor.dims, tensor.data.size(), tensor.hash});
    }
    const bool is_checkpoint = container.header.root().contains(kTrainingKey);
    const uint64_t header_hash = container.header_hash;
    const uint64_t bytes = container.bytes.size();
    const uint16_t minor = container.minor;
    std::variant<ModelFile, Checkpoint> content =
        is_checkpoint ? std::variant<ModelFile, Checkpoint>(build_checkpoint(parts)) : build_model(parts, options);
    return FileSummary{kContainerMajor, minor, bytes, header_hash, std::move(tensors), std::move(content)};
  });
}

}  // namespace sateen
