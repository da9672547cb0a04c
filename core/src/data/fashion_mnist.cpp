// Fashion-MNIST: where its files are, what they are called, what they should hold.
// Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
#include <array>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "data/idx.hpp"
#include "io/file_error.hpp"
#include "sateen/data.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

constexpr const char* kDebianFolder = "/usr/share/datasets/fashion-mnist";
constexpr const char* kWhereToGetIt = "apt install dataset-fashion-mnist, or give --data DIR or SATEEN_DATA";
constexpr int64_t kSide = 28;

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> kNames = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                  "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  return kNames;
}

/// One of the four files. The hash is of the real one, unpacked.
struct Known {
  const char *stem, *kind;
  size_t rank;
  uint64_t hash;
};
constexpr Known kTrainImages{"train-images", "idx3-ubyte", 3, 0xca72265d7c26283b};
constexpr Known kTrainLabels{"train-labels", "idx1-ubyte", 1, 0x775518db990ebf87};
constexpr Known kTestImages{"t10k-images", "idx3-ubyte", 3, 0xa60baf710224b311};
constexpr Known kTestLabels{"t10k-labels", "idx1-ubyte", 1, 0x20515cb4512a5b03};

/// The file under whichever name it has.
std::filesystem::path find(const std::filesystem::path& folder, const Known& known) {
  for (const char* separator : {"-", "."}) {
    for (const char* packed : {"", ".gz"}) {
      std::filesystem::path path = folder / (std::string(known.stem) + separator + known.kind + packed);
      std::error_code error;
      if (std::filesystem::exists(std::filesystem::symlink_status(path, error))) return path;
    }
  }
  const std::string name = std::string(known.stem) + "-" + known.kind;
  throw Error(ErrorCode::kBadInput, display_path(folder / name) + ": not found, nor with .gz; " + kWhereToGetIt);
}

}  // namespace

std::filesystem::path packaged_data_folder() {
  return kDebianFolder;
}

std::filesystem::path default_data_folder() {
  const char* folder = std::getenv("SATEEN_DATA");
  return folder != nullptr && *folder != '\0' ? folder : packaged_data_folder();
}

Dataset load_fashion_mnist(const std::filesystem::path& folder, FashionMnistPart part, const LogSink& log) {
  const bool train = part == FashionMnistPart::kTrain;
  const Known& known_images = train ? kTrainImages : kTestImages;
  const Known& known_labels = train ? kTrainLabels : kTestLabels;
  const std::filesystem::path image_path = find(folder, known_images), label_path = find(folder, known_labels);
  IdxFile images = naming_file(image_path, [&] { return read_idx(image_path, known_images.rank); });
  IdxFile labels = naming_file(label_path, [&] { return read_idx(label_path, known_labels.rank); });

  if (images.dims[1] != kSide || images.dims[2] != kSide) {
    throw Error(ErrorCode::kBadInput, display_path(image_path) + ": its images are " + std::to_string(images.dims[1]) +
                                          "x" + std::to_string(images.dims[2]) + " instead of 28x28");
  }
  if (images.dims[0] != labels.dims[0]) {
    throw Error(ErrorCode::kBadInput, display_path(image_path) + ": holds " + std::to_string(images.dims[0]) +
                                          " images, but " + display_path(label_path) + " holds " +
                                          std::to_string(labels.dims[0]) + " labels; take both from one place");
  }
  if (log && (images.hash != known_images.hash || labels.hash != known_labels.hash)) {
    const auto& path = images.hash != known_images.hash ? image_path : label_path;
    log(LogLevel::kWarning,
        display_path(path) + ": is not the real Fashion-MNIST (other checksum); class names may be " + "wrong");
  }
  return naming_file(label_path, [&] {
    return Dataset({kSide, kSide, 1}, std::move(images.values), std::move(labels.values), class_names());
  });
}

}  // namespace sateen
