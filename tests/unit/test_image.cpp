// Pictures: those that are read are right, and the others are refused by name, quickly, before much is decoded.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <random>
#include <thread>

#include <sys/resource.h>

#include "expect_error.hpp"
#include "picture_forge.hpp"
#include "sateen/image.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::ErrorCode;
using sateen::GrayImage;
using Pixels = std::vector<uint8_t>;

GrayImage load(const Picture& file) {
  const TempFolder folder;
  put_file(folder / "p", file);
  return sateen::load_image(folder / "p");
}

void check(const GrayImage& image, int width, int height, const Pixels& pixels) {
  BOOST_TEST(image.width == width);
  BOOST_TEST(image.height == height);
  BOOST_TEST(image.pixels == pixels, boost::test_tools::per_element());
}

void expect_refused(const Picture& file, const std::string& words) {
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  EXPECT_ERROR(load(file), ErrorCode::kBadInput, words);
  EXPECT_ERROR(load(file), ErrorCode::kBadInput, "/p: ");
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 2.0);  // two loads
  ::getrusage(RUSAGE_SELF, &after);
  BOOST_TEST(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}

Picture text(const std::string& s) {
  return {s.begin(), s.end()};
}

Picture pnm(const std::string& header, const Picture& samples) {
  Picture file = text(header);
  append(file, samples);
  return file;
}

/// 16 x 8, two blocks.
Picture small_jpeg() {
  return jpeg(16, 8, {40, 200});
}
Picture small_png() {
  return png(3, 2, 8, 0, {0, 10, 20, 30, 0, 40, 50, 60});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(images)

BOOST_AUTO_TEST_CASE(a_28x28_grey_picture_passes_bit_for_bit) {
  const TempFolder folder;
  Pixels pixels(28 * 28);
  std::iota(pixels.begin(), pixels.end(), uint8_t{0});
  sateen::write_png(folder / "a.png", 28, 28, pixels);
  const GrayImage image = sateen::load_image(folder / "a.png");
  check(image, 28, 28, pixels);
  check(sateen::resize(image, 28, 28), 28, 28, pixels);
  BOOST_TEST(sateen::invert(image).pixels[3] == 252);
  check(sateen::invert(sateen::invert(image)), 28, 28, pixels);
}

BOOST_AUTO_TEST_CASE(png_of_each_kind) {
  check(load(small_png()), 3, 2, {10, 20, 30, 40, 50, 60});
  check(load(png(4, 1, 1, 0, {0, 0b10100000})), 4, 1, {255, 0, 255, 0});
  check(load(png(2, 1, 2, 0, {0, 0b01100000})), 2, 1, {85, 170});
  check(load(png(2, 1, 4, 0, {0, 0x1F})), 2, 1, {17, 255});
  check(load(png(2, 1, 16, 0, {0, 0xAB, 0xCD, 0x12, 0x00})), 2, 1, {0xAB, 0x12});
  // Rec. 601, rounded; grey stays as it is.
  check(load(png(4, 1, 8, 2, {0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77})), 4, 1, {76, 150, 29, 77});
  check(load(png(1, 1, 16, 2, {0, 200, 9, 200, 9, 200, 9})), 1, 1, {200});
  // Transparency on black.
  check(load(png(3, 1, 8, 4, {0, 200, 255, 200, 0, 200, 128})), 3, 1, {200, 0, 100});
  check(load(png(2, 1, 8, 6, {0, 90, 90, 90, 255, 255, 255, 255, 51})), 2, 1, {90, 51});
  // A palette, then one with transparency, then one colour that counts as transparent.
  const Picture palette = png_chunk("PLTE", {0, 0, 0, 100, 100, 100, 255, 255, 255});
  check(load(png(3, 1, 8, 3, {0, 2, 1, 0}, palette)), 3, 1, {255, 100, 0});
  // An index that the palette does not have is black, and never what happens to be in memory.
  check(load(png(3, 1, 8, 3, {0, 2, 3, 255}, palette)), 3, 1, {255, 0, 0});
  // Pixel data in pieces, of which some hold nothing.
  Picture pieces = png_chunk("IDAT", {});
  append(pieces, palette);
  check(load(png(1, 1, 8, 0, {0, 77}, png_chunk("IDAT", {}))), 1, 1, {77});
  check(load(png(3, 1, 8, 3, {0, 2, 1, 0}, pieces)), 3, 1, {255, 100, 0});
  Picture transparent = palette;
  append(transparent, png_chunk("tRNS", {255, 0}));
  check(load(png(3, 1, 8, 3, {0, 2, 1, 0}, transparent)), 3, 1, {255, 0, 0});
  check(load(png(2, 1, 8, 0, {0, 50, 60}, png_chunk("tRNS", {0, 50}))), 2, 1, {0, 60});
  // Chunks that nobody needs, and bytes behind the end.
  Picture more = png(1, 1, 8, 0, {0, 9}, png_chunk("tEXt", text("Comment")));
  append(more, {1, 2, 3});
  check(load(more), 1, 1, {9});
}

BOOST_AUTO_TEST_CASE(png_orientation) {
  // Orientation 6: stored lying on its left side, so the first column is the upright one's last row, turned.
  const Picture exif = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
  check(load(png(3, 2, 8, 0, {0, 10, 20, 30, 0, 40, 50, 60}, png_chunk("eXIf", exif))), 2, 3, {40, 10, 50, 20, 60, 30});
  check(load(png(3, 2, 8, 0, {0, 10, 20, 30, 0, 40, 50, 60}, png_chunk("eXIf", {'M', 'M'}))), 3, 2,
        {10, 20, 30, 40, 50, 60});
}

BOOST_AUTO_TEST_CASE(interlaced_png) {
  // 2 x 2 in Adam7: pass 1 has pixel (0,0), pass 6 pixel (1,0), pass 7 the second row.
  Picture file = png(2, 2, 8, 0, {0, 1, 0, 2, 0, 3, 4});
  file[28] = 1;
  const uLong crc = crc32(0, file.data() + 12, 17);
  for (size_t i = 0; i < 4; ++i) file[29 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  check(load(file), 2, 2, {1, 2, 3, 4});
}

BOOST_AUTO_TEST_CASE(png_that_is_cut_damaged_or_a_bomb) {
  const Picture file = small_png();
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}, "");
  }
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    auto damaged = file;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    EXPECT_ERROR(load(damaged), ErrorCode::kBadInput, "");
  }
  expect_refused(png(60000, 60000, 8, 0, {0}), "60000x60000, but 8192 pixels a side are the most");
  expect_refused(png(8193, 1, 8, 0, {0}), "8193x1");
  expect_refused(png(UINT32_MAX, UINT32_MAX, 16, 6, {0}), "8192");
  expect_refused(png(0, 5, 8, 0, {0}), "without pixels");
  expect_refused(png(8192, 8192, 16, 6, {0}), "more than 256 MiB");
  expect_refused(png(2, 2, 8, 0, Picture(size_t{50} << 20)), "more pixel data than its size has pixels");
  expect_refused(png(2, 2, 8, 0, {0, 1, 2, 0, 1}), "can't be decoded");
  expect_refused(png(1, 1, 8, 7, {0, 1}), "no such colour type");
  expect_refused(png(1, 1, 3, 0, {0, 1}), "can't be decoded");
  expect_refused(png(1, 1, 8, 3, {0, 1}), "can't be decoded");
  Picture no_end = png(1, 1, 8, 0, {0, 1});
  no_end.resize(no_end.size() - 12);
  expect_refused(no_end, "cut short");
  Picture xcode(file.begin(), file.begin() + 8);
  append(xcode, png_chunk("CgBI", {0, 0, 0, 0}));
  expect_refused(xcode, "Xcode");
}

BOOST_AUTO_TEST_CASE(jpeg_and_its_orientations) {
  const GrayImage image = load(small_jpeg());
  BOOST_TEST(image.width == 16);
  BOOST_TEST(image.height == 8);
  BOOST_TEST(image.pixels[0] == 40);
  BOOST_TEST(image.pixels[8] == 200);
  // The same picture as eight cameras would store it: blocks a b / c d / e f of the upright one.
  const std::vector<int> upright = {40, 80, 120, 160, 200, 240};
  const GrayImage wanted = load(jpeg(16, 24, upright));
  const std::vector<std::vector<int>> stored = {{40, 80, 120, 160, 200, 240}, {80, 40, 160, 120, 240, 200},
                                                {240, 200, 160, 120, 80, 40}, {200, 240, 120, 160, 40, 80},
                                                {40, 120, 200, 80, 160, 240}, {80, 160, 240, 40, 120, 200},
                                                {240, 160, 80, 200, 120, 40}, {200, 120, 40, 240, 160, 80}};
  for (uint16_t orientation = 1; orientation <= 8; ++orientation) {
    const bool turned = orientation >= 5;
    for (const bool little : {true, false}) {
      const GrayImage loaded =
          load(jpeg(turned ? 24 : 16, turned ? 16 : 24, stored[orientation - 1U], exif(orientation, little)));
      check(loaded, 16, 24, wanted.pixels);
    }
  }
  // EXIF that makes no sense is passed over.
  for (const uint16_t orientation : {uint16_t{0}, uint16_t{9}, uint16_t{65535}})
    check(load(jpeg(16, 24, upright, exif(orientation))), 16, 24, wanted.pixels);
  const Picture whole = exif(6);
  for (size_t size = 4; size + 2 < whole.size() - 4; ++size) {
    const Picture part(whole.begin() + 4, whole.begin() + static_cast<ptrdiff_t>(size));
    if (size < whole.size() - 20) check(load(jpeg(16, 24, upright, jpeg_segment(0xE1, part))), 16, 24, wanted.pixels);
  }
  Picture far = exif(6);
  far[4 + 6 + 4] = 0xFF;  // the directory lies past the end
  check(load(jpeg(16, 24, upright, far)), 16, 24, wanted.pixels);
}

BOOST_AUTO_TEST_CASE(jpeg_that_is_cut_or_not_supported) {
  const Picture file = small_jpeg();
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}, "");
  }
  const auto with_frame = [&](size_t at, uint8_t value) {
    Picture changed = file;
    const Picture frame = {0xFF, 0xC0};
    const auto found = std::search(changed.begin(), changed.end(), frame.begin(), frame.end());
    found[static_cast<ptrdiff_t>(at)] = value;
    return changed;
  };
  expect_refused(with_frame(1, 0xC9), "arithmetic or lossless");
  expect_refused(with_frame(1, 0xC3), "arithmetic or lossless");
  expect_refused(with_frame(4, 12), "more than 8 bits");
  expect_refused(with_frame(9, 4), "CMYK JPEG, which is not supported: convert it to RGB");
  expect_refused(with_frame(9, 2), "can't be decoded");
  expect_refused(with_frame(5, 0xEA), "8192 pixels a side");  // 59912 rows
  Picture twice(file.begin(), file.end() - 2);
  append(twice, jpeg_segment(0xC0, {8, 0, 8, 0, 16, 1, 1, 0x11, 0}));
  append(twice, {0xFF, 0xD9});
  expect_refused(twice, "two frames");
  Picture scans(file.begin(), file.end() - 2);
  for (int i = 0; i < 100; ++i) append(scans, jpeg_segment(0xDA, {1, 1, 0x00, 0, 63, 0}));
  append(scans, {0xFF, 0xD9});
  expect_refused(scans, "too many scans");
  Picture codes(17, 255);
  codes[0] = 0;
  codes.resize(17 + 16 * 255);
  expect_refused(jpeg(8, 8, {1}, jpeg_segment(0xC4, codes)), "Huffman");
  expect_refused({0xFF, 0xD8, 0xFF, 0xD9}, "without a picture");
}

BOOST_AUTO_TEST_CASE(bmp_of_each_kind) {
  check(load(bmp(2, 2, 24, {3, 3, 3, 4, 4, 4, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0})), 2, 2, {1, 2, 3, 4});
  check(load(bmp(2, -1, 24, {7, 7, 7, 255, 0, 0, 0, 0})), 2, 1, {7, 29});  // blue comes first
  const Picture palette = {0, 0, 0, 0, 90, 90, 90, 0};
  check(load(bmp(2, 1, 8, {1, 0, 0, 0}, palette)), 2, 1, {90, 0});
  check(load(bmp(3, 1, 1, {0b10100000, 0, 0, 0}, palette)), 3, 1, {90, 0, 90});
  check(load(bmp(1, 1, 32, {50, 50, 50, 0})), 1, 1, {50});  // an alpha that is nowhere set
  const Picture file = bmp(2, 2, 24, Picture(16, 9));
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}, "");
  }
  expect_refused(bmp(2, 1, 8, {1, 0, 0, 0}, palette, 1), "compressed BMP");
  expect_refused(bmp(60000, 60000, 24, {}), "60000x60000");
  expect_refused(bmp(-1, 1, 24, {0, 0, 0, 0}), "8192");
  expect_refused(bmp(1, INT32_MIN, 24, {0, 0, 0, 0}), "8192");
  expect_refused(bmp(1, 1, 0, {0, 0, 0, 0}), "no such depth");
}

BOOST_AUTO_TEST_CASE(pnm_of_each_kind) {
  check(load(pnm("P5 2 1 255\n", {1, 254})), 2, 1, {1, 254});
  check(load(pnm("P5\n# a comment\n2 # more\n1\n15\n", {0, 15})), 2, 1, {0, 255});
  check(load(pnm("P5 2 1 65535\n", {0xFF, 0xFF, 0x80, 0x00})), 2, 1, {255, 128});
  check(load(pnm("P6 1 2 255\n", {255, 0, 0, 9, 9, 9})), 1, 2, {76, 9});
  const Picture file = pnm("P6 1 2 255\n", {255, 0, 0, 9, 9, 9});
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}, "");
  }
  expect_refused(pnm("P5 60000 60000 255\n", {}), "60000x60000");
  expect_refused(pnm("P5 99999999999999999999 1 255\n", {}), "too large");
  expect_refused(pnm("P5 0 1 255\n", {}), "without pixels");
  expect_refused(pnm("P5 1 1 0\n", {0}), "maximum");
  expect_refused(pnm("P5 1 1 70000\n", {0, 0}), "maximum");
  expect_refused(pnm("P5 1 1 15\n", {16}), "above its maximum");
  expect_refused(pnm("P5 -1 1 255\n", {16}), "header is wrong");
}

BOOST_AUTO_TEST_CASE(other_files_are_named) {
  const auto refuse = [](const std::string& head, const std::string& words) {
    Picture file = text(head);
    file.resize(200);
    expect_refused(file, words);
  };
  refuse("GIF89a", "GIF is not supported: convert it to PNG or JPEG");
  refuse(std::string("RIFF\x10\0\0\0WEBPVP8 ", 16), "WebP is not supported: convert it to PNG or JPEG");
  refuse(std::string("\0\0\0\x18"
                     "ftypheic",
                     12),
         "HEIC is not supported");
  refuse(std::string("\0\0\0\x18"
                     "ftypmif1",
                     12),
         "HEIC is not supported");
  refuse(std::string("\0\0\0\x18"
                     "ftypavif",
                     12),
         "AVIF is not supported");
  refuse("%PDF-1.7", "PDF is not supported");
  refuse("<svg xmlns='x'>", "SVG is not supported");
  refuse("<?xml version='1.0'?><svg>", "SVG is not supported");
  refuse(std::string("II*\0", 4), "TIFF is not supported");
  refuse("8BPS", "PSD is not supported");
  refuse("#?RADIANCE", "HDR is not supported");
  refuse("\x53\x80\xf6\x34", "PIC is not supported");
  refuse("P4 8 8 ", "PBM is not supported");
  refuse(std::string("\0\0\x02\0\0\0\0\0\0\0\0\0\x01\0\x01\0\x18\0", 18), "is not a PNG, JPEG, BMP or PNM");  // TGA
  expect_refused(text("dear diary, today I classified a shirt"), "it looks like text");
  expect_refused({}, "p: is empty");
  EXPECT_ERROR(sateen::load_image("/dev/zero"), ErrorCode::kBadInput, "is a device");
  EXPECT_ERROR(sateen::load_image("/none.png"), ErrorCode::kBadInput, "/none.png: can't be opened");
  EXPECT_ERROR(sateen::load_image("/tmp"), ErrorCode::kBadInput, "is a folder");
}

BOOST_AUTO_TEST_CASE(names_of_any_bytes) {
  const TempFolder folder;
  for (const std::string name : {"new\nline.png", "\xff\xfe.png", "Größe.png"}) {
    put_file(folder / name, small_png());
    BOOST_TEST(sateen::load_image(folder / name).width == 3);
    put_file(folder / name, std::string());
    EXPECT_ERROR(sateen::load_image(folder / name), ErrorCode::kBadInput, "is empty");
  }
}

BOOST_AUTO_TEST_CASE(resizing_averages_areas) {
  std::mt19937 random(1);
  GrayImage image{56, 84, Pixels(56 * 84)};
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(random() & 255);
  const GrayImage small = sateen::resize(image, 28, 28);
  for (size_t y = 0; y < 28; ++y) {
    for (size_t x = 0; x < 28; ++x) {
      double sum = 0;
      for (size_t i = 0; i < 6; ++i) sum += image.pixels[(3 * y + i / 2) * 56 + 2 * x + i % 2];
      BOOST_TEST(std::abs(small.pixels[y * 28 + x] - sum / 6) <= 1.0);
    }
  }
  // A flat picture stays flat and a mean stays a mean, whatever the sizes.
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{
           {1, 1}, {1, 8000}, {8000, 1}, {27, 29}, {100, 3}, {3, 1000}, {29, 57}, {2, 2}, {8192, 1}}) {
    const GrayImage flat{width, height, Pixels(static_cast<size_t>(width * height), 200)};
    check(sateen::resize(flat, 28, 28), 28, 28, Pixels(28 * 28, 200));
  }
  GrayImage halves{1, 8000, Pixels(8000)};
  std::fill(halves.pixels.begin() + 4000, halves.pixels.end(), uint8_t{240});
  const GrayImage tall = sateen::resize(halves, 28, 28);
  BOOST_TEST(tall.pixels[13 * 28] == 0);
  BOOST_TEST(tall.pixels[14 * 28] == 240);
  for (const auto& size : std::vector<std::pair<int, int>>{{0, 28}, {28, -1}, {8193, 28}}) {
    EXPECT_ERROR(sateen::resize(image, size.first, size.second), ErrorCode::kUsage, "picture");
  }
  EXPECT_ERROR(sateen::resize({2, 2, Pixels(3)}, 28, 28), ErrorCode::kUsage, "does not have 3 pixels");
}

BOOST_AUTO_TEST_CASE(writing_png_fails_cleanly) {
  const TempFolder folder;
  const Pixels pixels(6);
  EXPECT_ERROR(sateen::write_png(folder / "none/a.png", 3, 2, pixels), ErrorCode::kOutput, "none/a.png: ");
  EXPECT_ERROR(sateen::write_png(folder / "a.png", 3, 3, pixels), ErrorCode::kUsage, "does not have 6 pixels");
  BOOST_TEST(folder.entries() == 0U);
}

BOOST_AUTO_TEST_CASE(several_threads_at_once) {
  const TempFolder folder;
  put_file(folder / "good", small_png());
  Picture bad = small_png();
  bad[bad.size() - 20] ^= 1;
  put_file(folder / "bad", bad);
  put_file(folder / "jpeg", small_jpeg());
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  threads.reserve(wrong.size());
  for (int& count : wrong) {
    threads.emplace_back([&folder, &count] {
      for (int i = 0; i < 100; ++i) {
        count += sateen::load_image(folder / "good").pixels[5] != 60;
        count += !error_of([&] { return sateen::load_image(folder / "bad"); });
        count += sateen::load_image(folder / "jpeg").pixels[8] != 200;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong == std::vector<int>(4), boost::test_tools::per_element());
}

// Random damage, always the same: under the sanitizers this is a small fuzzer of the decoders.
BOOST_AUTO_TEST_CASE(damage_of_any_kind_is_survived) {
  const std::vector<Picture> files = {
      small_jpeg(), jpeg(24, 16, {10, 20, 30, 40, 50, 60}, exif(6)), bmp(2, 2, 24, Picture(16, 9)),
      bmp(2, 1, 8, {1, 0, 0, 0}, {0, 0, 0, 0, 90, 90, 90, 0}), pnm("P6 1 2 255\n", {255, 0, 0, 9, 9, 9})};
  const TempFolder folder;
  std::mt19937 random(2);
  int loaded = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    Picture file = files[static_cast<size_t>(i) % files.size()];
    for (int changes = 0; changes <= i % 4; ++changes) file[random() % file.size()] = static_cast<uint8_t>(random());
    put_file(folder / "p", file);
    const auto thrown = error_of([&] { return sateen::load_image(folder / "p"); });
    ++(thrown ? refused : loaded);
    if (thrown) BOOST_TEST((thrown->code() == ErrorCode::kBadInput && is_one_line(thrown->what())));
  }
  BOOST_TEST(loaded > 100);
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()
