// Rarer forms of pictures, and damage that has right checksums: read right or refused with the reason.
#include <algorithm>
#include <string>

#include "expect_error.hpp"
#include "picture_forge.hpp"
#include "sateen/image.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::ErrorCode;
using sateen::GrayImage;

GrayImage load(const Picture& file) {
  const TempFolder folder;
  put_file(folder / "p", file);
  return sateen::load_image(folder / "p");
}

void check(const GrayImage& image, int width, int height, const std::vector<uint8_t>& pixels) {
  BOOST_TEST(image.width == width);
  BOOST_TEST(image.height == height);
  BOOST_TEST(image.pixels == pixels, boost::test_tools::per_element());
}

void expect_refused(const Picture& file, const std::string& words) {
  EXPECT_ERROR(load(file), ErrorCode::kBadInput, words);
}

Picture text(const std::string& s) {
  return {s.begin(), s.end()};
}

/// A PNG of these chunks behind a header for 8-bit pixels.
Picture png_of(uint32_t width, uint32_t height, uint8_t color, const std::vector<Picture>& chunks, uint8_t depth = 8) {
  Picture file = png(width, height, depth, color, {});
  file.resize(8 + 25);
  for (const Picture& chunk : chunks) append(file, chunk);
  return file;
}

/// A BMP with OS/2's header of 12 bytes.
Picture old_bmp(uint16_t width, uint16_t height, uint16_t bits, const Picture& palette, const Picture& rows) {
  Picture file = {'B', 'M'};
  put_le(file, 26 + palette.size() + rows.size(), 4);
  put_le(file, 0, 4);
  put_le(file, 26 + palette.size(), 4);
  put_le(file, 12, 4);
  put_le(file, width, 2);
  put_le(file, height, 2);
  put_le(file, 1, 2);
  put_le(file, bits, 2);
  append(file, palette);
  append(file, rows);
  return file;
}

/// The small JPEG with something put before its end marker.
Picture with_before_end(const Picture& more) {
  Picture file = jpeg(16, 8, {40, 200});
  file.resize(file.size() - 2);
  append(file, more);
  append(file, {0xFF, 0xD9});
  return file;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image_formats)

BOOST_AUTO_TEST_CASE(bmp_with_the_old_header) {
  check(load(old_bmp(2, 1, 24, {}, {7, 7, 7, 9, 9, 9, 0, 0})), 2, 1, {7, 9});
  expect_refused(old_bmp(2, 1, 8, {0, 0, 0, 90, 90, 90}, {1, 0, 0, 0}), "with a palette, which is not supported");
  const Picture file = old_bmp(2, 1, 24, {}, {7, 7, 7, 9, 9, 9, 0, 0});
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}, "");
  }
  expect_refused(old_bmp(60000, 60000, 24, {}, {}), "60000x60000");
  expect_refused(old_bmp(2, 1, 0, {}, {0, 0, 0, 0}), "no such depth");
}

// Black, and never what happens to be in memory.
BOOST_AUTO_TEST_CASE(bmp_colours_that_the_palette_does_not_have) {
  const Picture palette = {9, 9, 9, 0, 90, 90, 90, 0};
  check(load(bmp(4, 1, 8, {0, 1, 2, 255}, palette)), 4, 1, {9, 90, 0, 0});
  check(load(bmp(2, 1, 4, {0x1F, 0, 0, 0}, palette)), 2, 1, {90, 0});
  check(load(bmp(2, 1, 1, {0x40, 0, 0, 0}, {9, 9, 9, 0})), 2, 1, {9, 0});
  Picture whole;
  for (int i = 0; i < 256; ++i) append(whole, Picture(4, static_cast<uint8_t>(i)));
  check(load(bmp(2, 1, 8, {1, 255, 0, 0}, whole)), 2, 1, {1, 255});
  append(whole, {1, 2, 3, 4});
  expect_refused(bmp(2, 1, 8, {1, 255, 0, 0}, whole), "can't be decoded");
  expect_refused(bmp(2, 1, 8, {1, 255, 0, 0}), "can't be decoded");
}

BOOST_AUTO_TEST_CASE(bmp_with_bit_fields) {
  Picture masks;
  for (const uint32_t mask : {0xF800U, 0x07E0U, 0x001FU}) put_le(masks, mask, 4);
  Picture file = bmp(1, 1, 16, {0xFF, 0xFF, 0, 0}, masks, 3);
  check(load(file), 1, 1, {255});
  file[14] = 20;  // a header of 20 bytes is none
  expect_refused(file, "is a BMP of an unknown kind");
}

BOOST_AUTO_TEST_CASE(bmp_whose_pixels_begin_nowhere) {
  for (const uint32_t at : {0U, 53U, 1000U, UINT32_MAX}) {
    Picture file = bmp(1, 1, 24, {1, 1, 1, 0});
    for (size_t i = 0; i < 4; ++i) file[10 + i] = static_cast<uint8_t>(at >> (8 * i));
    expect_refused(file, "is a BMP that is cut short");
  }
}

BOOST_AUTO_TEST_CASE(png_in_several_pieces) {
  const Picture packed = deflated({0, 1, 2, 0, 3, 4});
  std::vector<Picture> pieces;
  for (const uint8_t byte : packed) pieces.push_back(png_chunk("IDAT", {byte}));
  pieces.push_back(png_chunk("IEND", {}));
  check(load(png_of(2, 2, 0, pieces)), 2, 2, {1, 2, 3, 4});
  pieces.erase(pieces.end() - 2);
  expect_refused(png_of(2, 2, 0, pieces), "whose pixel data is cut short");
  expect_refused(png_of(2, 2, 0, {png_chunk("IEND", {})}), "whose pixel data is cut short");
}

BOOST_AUTO_TEST_CASE(png_damage_with_right_checksums) {
  const Picture end = png_chunk("IEND", {}), pixels = png_chunk("IDAT", deflated({0, 0, 0}));
  expect_refused(png_of(2, 1, 0, {png_chunk("IDAT", {9, 9, 9, 9}), end}), "its pixel data is wrong");
  Picture flipped = deflated({0, 1, 2});
  flipped.back() ^= 1;  // zlib's own checksum
  expect_refused(png_of(2, 1, 0, {png_chunk("IDAT", flipped), end}), "its pixel data is wrong");
  expect_refused(png_of(2, 1, 0, {pixels, end}, 17), "it has no such depth");
  Picture headless = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  append(headless, png_chunk("IDAT", {1}));
  expect_refused(headless, "does not begin with its header");
  Picture short_header = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  append(short_header, png_chunk("IHDR", {0, 0, 0, 1}));
  expect_refused(short_header, "does not begin with its header");
}

BOOST_AUTO_TEST_CASE(png_palettes_of_each_size) {
  const Picture end = png_chunk("IEND", {}), pixels = png_chunk("IDAT", deflated({0, 1, 255}));
  Picture whole;
  for (int i = 0; i < 256; ++i) append(whole, Picture(3, static_cast<uint8_t>(i)));
  check(load(png_of(2, 1, 3, {png_chunk("PLTE", whole), pixels, end})), 2, 1, {1, 255});
  expect_refused(png_of(2, 1, 3, {png_chunk("PLTE", {1, 2, 3, 4}), pixels, end}), "can't be decoded");
  append(whole, {1, 2, 3});
  expect_refused(png_of(2, 1, 3, {png_chunk("PLTE", whole), pixels, end}), "can't be decoded");
  expect_refused(png_of(2, 1, 3, {pixels, end}), "can't be decoded");
}

BOOST_AUTO_TEST_CASE(exif_of_neither_byte_order) {
  const Picture pixels = png_chunk("IDAT", deflated({0, 1, 2})), end = png_chunk("IEND", {});
  for (const char* order : {"XX", "IM", "MI"}) {
    Picture block = text(order);
    append(block, {0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0});
    check(load(png_of(2, 1, 0, {png_chunk("eXIf", block), pixels, end})), 2, 1, {1, 2});
  }
}

BOOST_AUTO_TEST_CASE(jpeg_of_rarer_structure) {
  const GrayImage plain = load(jpeg(16, 8, {40, 200}));
  // Fill bytes before a marker are nothing.
  check(load(with_before_end({0xFF, 0xFF, 0xFF})), 16, 8, plain.pixels);
  // Restart and other markers where they mean nothing, extensions, tables for arithmetic codes.
  expect_refused(with_before_end({0xFF, 0xD0, 0xFF, 0xD7}), "can't be decoded");
  for (const uint8_t marker : {uint8_t{0x01}, uint8_t{0xD0}}) {
    expect_refused(jpeg(16, 8, {40, 200}, {0xFF, marker}), "can't be decoded");
  }
  expect_refused(jpeg(16, 8, {40, 200}, jpeg_segment(0xC8, {0, 0})), "can't be decoded");
  expect_refused(jpeg(16, 8, {40, 200}, jpeg_segment(0xCC, {0, 0})), "can't be decoded");
  // Of two orientations the first one counts.
  Picture twice = exif(3);
  append(twice, exif(6));
  BOOST_TEST(load(jpeg(16, 8, {40, 200}, twice)).pixels[0] == 200);
  expect_refused(jpeg(16, 8, {40, 200}, jpeg_segment(0xC0, {8, 0, 8})), "its frame is cut");
  expect_refused(jpeg(16, 8, {40, 200}, {0xFF, 0xFE, 0, 1}), "a segment has no length");
  expect_refused(jpeg(16, 8, {40, 200}, jpeg_segment(0xDA, {1, 1, 0, 0, 63, 0})), "pixels come before its size");
  expect_refused(jpeg(16, 8, {40, 200}, jpeg_segment(0xC4, {0, 1})), "a Huffman table is cut");
}

// A few scans of the largest picture keep a decoder as busy as many of a small one.
BOOST_AUTO_TEST_CASE(jpeg_scans_count_by_their_pixels) {
  Picture file = jpeg(8192, 8192, {40});
  file.resize(file.size() - 2);
  for (int i = 0; i < 16; ++i) append(file, jpeg_segment(0xDA, {1, 1, 0x00, 0, 63, 0}));
  append(file, {0xFF, 0xD9});
  expect_refused(file, "too many scans");
}

BOOST_AUTO_TEST_CASE(pnm_comments) {
  check(load(text("P5\r#one\r2#two\n1 255\n\x01\x02")), 2, 1, {1, 2});
  expect_refused(text("P5 2 1 # and nothing else"), "header is wrong");
  expect_refused(text("P5 2 1 255x"), "header is wrong");
}

BOOST_AUTO_TEST_CASE(sizes_in_one_direction_only) {
  const GrayImage image = load(jpeg(16, 8, {40, 200}));
  BOOST_TEST(sateen::resize(image, 16, 4).pixels.size() == 64U);
  BOOST_TEST(sateen::resize(image, 4, 8).pixels.size() == 32U);
  EXPECT_ERROR(sateen::resize(image, 28, 8193), ErrorCode::kUsage, "at most 8192 pixels a side");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_read) {
  const TempFolder folder;
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_ERROR(sateen::load_image(folder / "loop"), ErrorCode::kBadInput, "a symbolic link leads back to itself");
  std::filesystem::create_symlink("none", folder / "dangling");
  EXPECT_ERROR(sateen::load_image(folder / "dangling"), ErrorCode::kBadInput,
               "dangling: can't be opened: No such file");
  put_file(folder / "one", png(1, 1, 8, 0, {0, 200}));
  check(sateen::resize(sateen::load_image(folder / "one"), 28, 28), 28, 28, std::vector<uint8_t>(28 * 28, 200));
}

BOOST_AUTO_TEST_SUITE_END()
