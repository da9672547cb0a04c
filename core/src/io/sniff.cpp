// What a file of another kind looks like by its first bytes.
#include "io/sniff.hpp"

#include <algorithm>
#include <array>

#include "io/utf8.hpp"

namespace sateen {

namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  size_t at;
  std::string_view bytes, format;
  bool picture;
};

constexpr std::array kMagics = {
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "PNG", true},
    Magic{0, "\xff\xd8\xff"sv, "JPEG", true},
    Magic{0, "BM"sv, "BMP", true},
    Magic{0, "GIF8"sv, "GIF", true},
    Magic{8, "WEBP"sv, "WebP", true},
    Magic{4, "ftypavif"sv, "AVIF", true},
    Magic{4, "ftyphei"sv, "HEIC", true},
    Magic{4, "ftyphev"sv, "HEIC", true},
    Magic{4, "ftypmif1"sv, "HEIC", true},
    Magic{4, "ftypmsf1"sv, "HEIC", true},
    Magic{0, "II*\0"sv, "TIFF", true},
    Magic{0, "MM\0*"sv, "TIFF", true},
    Magic{0, "8BPS"sv, "PSD", true},
    Magic{0, "#?R"sv, "HDR", true},
    Magic{0, "\x53\x80\xf6\x34"sv, "PIC", true},
    Magic{0, "\xff\x0a"sv, "JPEG XL", true},
    Magic{0, "\0\0\0\x0cJXL "sv, "JPEG XL", true},
    Magic{0, "\0\0\0\x0cjP  "sv, "JPEG 2000", true},
    Magic{0, "\0\0\x01\0"sv, "ICO", true},
    Magic{0, "%PDF"sv, "PDF", true},
    Magic{0, "<svg"sv, "SVG", true},
    Magic{0, "P1"sv, "plain PBM", true},
    Magic{0, "P2"sv, "plain PGM", true},
    Magic{0, "P3"sv, "plain PPM", true},
    Magic{0, "P4"sv, "PBM", true},
    Magic{0, "P5"sv, "PGM", true},
    Magic{0, "P6"sv, "PPM", true},
    Magic{0, "P7"sv, "PAM", true},
    Magic{0, "\x89HDF\r\n\x1a\n"sv, "HDF5, as older Keras models are", false},
    Magic{0, "PK\x03\x04"sv, "ZIP, as PyTorch's and Keras's models are", false},
    Magic{0, "\x1f\x8b"sv, "gzip", false},
    Magic{0, "\x93NUMPY"sv, "NumPy", false},
    Magic{4, "TFL3"sv, "TensorFlow Lite", false},
    Magic{0, "GGUF"sv, "GGUF", false},
    Magic{8, "{\""sv, "safetensors", false},
    Magic{0,
          "\x7f"
          "ELF"sv,
          "a program", false},
    Magic{0, "\0\0\x08\x03"sv, "IDX images", false},
    Magic{0, "\0\0\x08\x01"sv, "IDX labels", false},
    Magic{0, "\x80\x02"sv, "pickle", false},
    Magic{0, "\x80\x03"sv, "pickle", false},
    Magic{0, "\x80\x04"sv, "pickle", false},
    Magic{0, "\x80\x05"sv, "pickle", false},
};

/// A protobuf message that opens with the small version number and a string, as ONNX models do.
bool looks_like_onnx(std::string_view head) {
  if (head.size() < 4 || head[0] != '\x08' || head[1] < 1 || head[1] > 0x20) return false;
  return head[2] == '\x12' || head[2] == '\x1a' || head[2] == '\x3a' || head[2] == '\x42';
}

bool looks_like_text(std::string_view head) {
  constexpr size_t kLongestCharacter = 4;
  while (head.size() >= kLongestCharacter) {  // the last character may be cut
    const size_t length = utf8_length(head);
    const auto first = static_cast<unsigned char>(head[0]);
    const bool space = first == '\n' || first == '\r' || first == '\t';
    if (length == 0 || (first < 0x20 && !space)) return false;
    head.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string_view known_format(Bytes bytes) {
  constexpr size_t kEnough = 512;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kEnough));
  for (const Magic& magic : kMagics) {
    if (head.size() > magic.at && head.substr(magic.at, magic.bytes.size()) == magic.bytes) return magic.format;
  }
  if (looks_like_onnx(head)) return "ONNX";
  if (head.find("<svg") != std::string_view::npos) return "SVG";
  if (!head.empty() && looks_like_text(head)) return "text";
  return "";
}

bool is_picture_format(std::string_view format) {
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [&](const Magic& magic) { return magic.picture && magic.format == format; });
}

}  // namespace sateen
