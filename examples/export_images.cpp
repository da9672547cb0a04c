// Writes test pictures of Fashion-MNIST as PNG files named <index>-<class>.png: pictures to try sateen-predict on.
#include <cctype>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sateen/data.hpp"
#include "sateen/error.hpp"
#include "sateen/image.hpp"

namespace {

constexpr const char* kUsage =
    "Usage: sateen-export-images FOLDER INDEX...\n\n"
    "Writes these test pictures of Fashion-MNIST (0 is the first) to FOLDER as <index>-<class>.png.\n"
    "The data set is read from $SATEEN_DATA, or else from Debian's package dataset-fashion-mnist.\n";

// "T-shirt/top" → "T-shirt_top"
std::string file_name_part(std::string label) {
  for (char& c : label) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return label;
}

std::optional<uint32_t> parse_index(std::string_view text) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return index;
}

void export_images(const std::filesystem::path& folder, const std::vector<std::string_view>& words) {
  const sateen::Dataset data =
      sateen::load_fashion_mnist(sateen::default_data_folder(), sateen::FashionMnistPart::kTest);
  const int height = static_cast<int>(data.sample_shape()[0]);
  const int width = static_cast<int>(data.sample_shape()[1]);
  std::filesystem::create_directories(folder);
  for (const std::string_view word : words) {
    const auto index = parse_index(word);
    if (!index || *index >= data.size()) {
      throw sateen::Error(sateen::ErrorCode::kUsage,
                          "\"" + std::string(word) + "\" is not an index from 0 to " + std::to_string(data.size() - 1));
    }
    const std::string label = data.class_names()[data.labels()[*index]];
    sateen::write_png(folder / (std::to_string(*index) + "-" + file_name_part(label) + ".png"), width, height,
                      data.image(*index));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() < 2 || words[0] == "--help") {
    const bool asked = !words.empty() && words[0] == "--help";
    (asked ? std::cout : std::cerr) << kUsage;
    return asked ? 0 : 2;
  }
  try {
    export_images(words[0], {words.begin() + 1, words.end()});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "sateen-export-images: error: " << error.what() << '\n';
    return 1;
  }
}
