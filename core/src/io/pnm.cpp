// Binary PGM and PPM. Read here: stb_image 2.27 neither scales by the maximum nor notices a file that is cut.
#include <string>

#include "io/picture.hpp"
#include "sateen/error.hpp"

namespace sateen {

namespace {

[[noreturn]] void bad(const char* what) {
  throw Error(ErrorCode::kBadInput, what);
}

/// Reads the numbers of the header: decimal, between white space and comments.
class HeaderReader {
 public:
  explicit HeaderReader(Bytes file) : file_(file) {}

  uint32_t number() {
    skip_blanks();
    if (!is_digit(peek())) bad("is a damaged PNM: its header is wrong");
    uint32_t value = 0;
    while (is_digit(peek())) {
      value = value * 10 + static_cast<uint32_t>(next() - '0');
      if (value > kLargest) bad("is a damaged PNM: a number in its header is too large");
    }
    return value;
  }

  /// What follows the one white space behind the header.
  Bytes samples() {
    if (!is_blank(next())) bad("is a damaged PNM: its header is wrong");
    return file_.subspan(at_);
  }

 private:
  static constexpr uint32_t kLargest = 99'999'999;

  static bool is_digit(int c) { return c >= '0' && c <= '9'; }
  static bool is_blank(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  int peek() const { return at_ < file_.size() ? file_[at_] : -1; }
  int next() {
    const int c = peek();
    if (c >= 0) ++at_;
    return c;
  }
  void skip_blanks() {
    while (is_blank(peek()) || peek() == '#') {
      if (next() != '#') continue;
      for (int c = next(); c >= 0 && c != '\n' && c != '\r';) c = next();
    }
  }

  Bytes file_;
  size_t at_ = 2;  // behind P5 or P6
};

}  // namespace

Photo decode_pnm(Bytes file) {
  constexpr uint32_t kMostMaximum = 65535, kMostByte = 255;
  HeaderReader reader(file);
  const uint32_t width = reader.number(), height = reader.number(), maximum = reader.number();
  const size_t channels = file[1] == '6' ? 3 : 1;
  if (maximum == 0 || maximum > kMostMaximum) bad("is a damaged PNM: its maximum is not 1 to 65535");
  const size_t bytes_per_sample = maximum > kMostByte ? 2 : 1;
  check_extent(width, height, channels * bytes_per_sample);
  const Bytes samples = reader.samples();
  const size_t pixels = size_t{width} * height;
  if (samples.size() < pixels * channels * bytes_per_sample) bad("is a PNM that is cut short");

  const auto sample = [&](size_t i) {
    const unsigned value = bytes_per_sample == 2 ? load_be<uint16_t>(samples, 2 * i) : samples[i];
    if (value > maximum) bad("is a damaged PNM: a value is above its maximum");
    return (value * kMostByte + maximum / 2) / maximum;
  };
  Photo photo{static_cast<int>(width), static_cast<int>(height), std::vector<uint8_t>(pixels), {}};
  for (size_t i = 0; i < pixels; ++i) {
    if (channels == 1) {
      photo.gray[i] = static_cast<uint8_t>(sample(i));
      continue;
    }
    const unsigned r = sample(3 * i), g = sample(3 * i + 1), b = sample(3 * i + 2);
    photo.gray[i] = luma(r, g, b);
    photo.colored |= r != g || g != b;
  }
  return photo;
}

}  // namespace sateen
