// The folder of --save-preprocessed.
#include "predict/saved_pictures.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "sateen/error.hpp"

namespace sateen::app {

SavedPictures::SavedPictures(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::kOutput, folder_.string() + ": " + reason);
  };
  if (error) refuse("can't make the folder: " + error.message());
  const bool empty = std::filesystem::is_empty(folder_, error);
  if (error) refuse("can't look into the folder: " + error.message());
  if (!empty) refuse("is not empty; give --save-preprocessed a new folder");
}

std::string SavedPictures::save(const std::string& file, const GrayImage& image) {
  constexpr size_t kDigits = 6, kLongestStem = 200;  // a file's name has at most 255 bytes
  const std::string digits = std::to_string(++count_);
  std::string stem = std::filesystem::path(file).stem().string().substr(0, kLongestStem);
  for (char& c : stem) {
    if (static_cast<unsigned char>(c) < ' ') c = '_';
  }
  const std::string number = std::string(kDigits - std::min(digits.size(), kDigits), '0') + digits;
  const std::filesystem::path path = folder_ / (number + "-" + stem + ".png");
  write_png(path, image.width, image.height, image.pixels);
  return path.string();
}

}  // namespace sateen::app
