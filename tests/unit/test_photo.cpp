// Photos: what is cut out of them, when they are inverted, and what is said about it.
#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "expect_error.hpp"
#include "photo/light.hpp"
#include "picture_forge.hpp"
#include "sateen/data.hpp"
#include "sateen/photo.hpp"
#include "sateen/picture_folder.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::Inversion;
using sateen::Photo;
using sateen::PreparedPhoto;

constexpr int kSide = 28;

Photo plain(int width, int height, uint8_t level) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width) * static_cast<size_t>(height), level), {}};
}

size_t at(const Photo& photo, int x, int y) {
  return static_cast<size_t>(y) * static_cast<size_t>(photo.width) + static_cast<size_t>(x);
}

void fill(Photo& photo, int left, int top, int width, int height, uint8_t level) {
  for (int y = top; y < top + height; ++y)
    std::fill_n(photo.gray.begin() + static_cast<ptrdiff_t>(at(photo, left, y)), width, level);
}

/// A garment of 100 by 200 pixels in a photo of 400 by 300, off its centre.
Photo with_garment(uint8_t ground, uint8_t garment) {
  Photo photo = plain(400, 300, ground);
  fill(photo, 250, 60, 100, 200, garment);
  return photo;
}

/// In light that is less by a share at one side: across (1, 0), down (0, 1), back (-1, 0) or aslant.
Photo in_slanting_light(Photo photo, double across, double down, double less) {
  const double whole = std::abs(across) * photo.width + std::abs(down) * photo.height;
  const double start = std::min(across, 0.0) * photo.width + std::min(down, 0.0) * photo.height;
  for (int y = 0; y < photo.height; ++y) {
    for (int x = 0; x < photo.width; ++x) {
      uint8_t& pixel = photo.gray[at(photo, x, y)];
      pixel = static_cast<uint8_t>(std::lround(pixel * (1 - less * (across * x + down * y - start) / whole)));
    }
  }
  return photo;
}

/// The lower part on a darker ground.
Photo on_two_grounds(Photo photo, int from) {
  for (size_t i = at(photo, 0, from); i < photo.gray.size(); ++i)
    photo.gray[i] = static_cast<uint8_t>(photo.gray[i] / 2);
  return photo;
}

/// The garment of with_garment, upright in the middle, 14 by 28, light on black.
void expect_garment(const PreparedPhoto& prepared) {
  BOOST_TEST(prepared.image.width == kSide);
  BOOST_TEST(prepared.image.height == kSide);
  for (int y = 1; y < kSide - 1; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int value = prepared.image.pixels[static_cast<size_t>(y) * kSide + static_cast<size_t>(x)];
      if (x < 6 || x > 21) BOOST_TEST(value < 8, "(" << x << ", " << y << "): " << value);
      if (x > 7 && x < 20) BOOST_TEST(value > 200, "(" << x << ", " << y << "): " << value);
    }
  }
}

bool has(const std::vector<std::string>& lines, const std::string& words) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& l) { return l.find(words) != std::string::npos; });
}

boost::test_tools::assertion_result data_is_there(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result there(std::filesystem::exists(sateen::default_data_folder()));
  there.message() << "Fashion-MNIST is not installed";
  return there;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(photos)

BOOST_AUTO_TEST_CASE(a_picture_of_the_networks_size_stays) {
  Photo photo = plain(kSide, kSide, 0);
  for (size_t i = 0; i < photo.gray.size(); ++i) photo.gray[i] = static_cast<uint8_t>(i * 7 % 180);
  fill(photo, 0, 0, kSide, 1, 3);
  fill(photo, 0, kSide - 1, kSide, 1, 0);
  const PreparedPhoto prepared = sateen::prepare(photo);
  BOOST_TEST(prepared.image.pixels == photo.gray, boost::test_tools::per_element());
  BOOST_TEST(prepared.steps.empty());
  BOOST_TEST(prepared.doubts.empty());
  const PreparedPhoto inverted = sateen::prepare(photo, {kSide, kSide, Inversion::kYes});
  BOOST_TEST(inverted.image.pixels == sateen::invert({kSide, kSide, photo.gray}).pixels,
             boost::test_tools::per_element());
  // Its negative is recognised, and comes out as the picture.
  Photo negative = photo;
  negative.gray = inverted.image.pixels;
  BOOST_TEST(sateen::prepare(negative).image.pixels == photo.gray, boost::test_tools::per_element());
  BOOST_TEST(has(sateen::prepare(negative).steps, "inverted"));
  BOOST_TEST(sateen::prepare(negative, {kSide, kSide, Inversion::kNo}).steps.empty());
}

BOOST_AUTO_TEST_CASE(no_picture_of_the_data_set_is_inverted, *boost::unit_test::precondition(data_is_there)) {
  size_t changed = 0, doubted = 0, kept_negatives = 0;
  for (const auto part : {sateen::FashionMnistPart::kTrain, sateen::FashionMnistPart::kTest}) {
    const sateen::Dataset data = sateen::load_fashion_mnist(sateen::default_data_folder(), part);
    for (uint32_t i = 0; i < data.size(); ++i) {
      const auto pixels = data.image(i);
      Photo photo{kSide, kSide, {pixels.begin(), pixels.end()}, {}};
      const PreparedPhoto prepared = sateen::prepare(photo);
      changed += prepared.image.pixels != photo.gray || !prepared.steps.empty() ? 1U : 0U;
      doubted += prepared.doubts.empty() ? 0U : 1U;
      for (uint8_t& pixel : photo.gray) pixel = static_cast<uint8_t>(255 - pixel);
      kept_negatives += has(sateen::prepare(photo).steps, "inverted") ? 0U : 1U;
    }
  }
  BOOST_TEST(changed == 0U);
  BOOST_TEST(doubted == 0U);
  BOOST_TEST(kept_negatives == 93U);
}

BOOST_AUTO_TEST_CASE(a_garment_is_cut_out_of_its_ground) {
  for (const auto& [ground, garment] :
       {std::pair{255, 0}, {240, 30}, {200, 60}, {0, 255}, {20, 230}, {128, 20}, {128, 240}}) {
    const PreparedPhoto prepared =
        sateen::prepare(with_garment(static_cast<uint8_t>(ground), static_cast<uint8_t>(garment)));
    BOOST_TEST_CONTEXT(garment << " on " << ground) {
      expect_garment(prepared);
      BOOST_TEST(has(prepared.steps, "trimmed from 400x300 to 100x200"));
      BOOST_TEST(has(prepared.steps, "inverted") == (garment < ground));
      BOOST_TEST(prepared.doubts.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(noise_and_specks_do_not_count) {
  Photo photo = with_garment(220, 40);
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 8);
  for (uint8_t& pixel : photo.gray) pixel = static_cast<uint8_t>(std::clamp(pixel + noise(random), 0.0, 255.0));
  fill(photo, 20, 20, 6, 6, 0);
  const PreparedPhoto prepared = sateen::prepare(photo);
  expect_garment(prepared);
  BOOST_TEST(prepared.doubts.empty());
}

BOOST_AUTO_TEST_CASE(light_that_falls_off_is_evened) {
  for (const auto& [ground, garment] : {std::pair{255, 0}, {240, 30}, {140, 20}, {110, 240}}) {
    const Photo even = with_garment(static_cast<uint8_t>(ground), static_cast<uint8_t>(garment));
    for (const auto& [across, down] :
         {std::pair{0.0, 1.0}, {0.0, -1.0}, {1.0, 0.0}, {-1.0, 0.0}, {0.6, 0.8}, {-0.8, 0.6}}) {
      for (const double less : {0.33, 0.5}) {
        const PreparedPhoto prepared = sateen::prepare(in_slanting_light(even, across, down, less));
        BOOST_TEST_CONTEXT(garment << " on " << ground << ", less by " << less << " to (" << across << ", " << down
                                   << ")") {
          expect_garment(prepared);
          BOOST_TEST(prepared.steps.front() == "evened the light");
          BOOST_TEST(has(prepared.steps, "inverted") == (garment < ground));
          BOOST_TEST(prepared.doubts.empty());
        }
      }
    }
  }
  // A garment that covers an eighth of the border is not part of the plane.
  Photo cut = plain(400, 300, 240);
  fill(cut, 100, 100, 175, 200, 20);
  const PreparedPhoto prepared = sateen::prepare(in_slanting_light(cut, 0, 1, 0.33));
  BOOST_TEST(has(prepared.steps, "trimmed from 400x300 to 175x200"));
}

BOOST_AUTO_TEST_CASE(an_even_ground_stays_to_the_byte) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 15);
  Photo noisy = with_garment(200, 40);
  for (uint8_t& pixel : noisy.gray) pixel = static_cast<uint8_t>(std::clamp(pixel + noise(random), 0.0, 255.0));
  Photo cut = plain(400, 300, 240);
  fill(cut, 100, 100, 200, 200, 20);
  for (const Photo& photo :
       {plain(1, 1, 9), plain(1, 300, 9), plain(300, 200, 128), with_garment(250, 20), noisy, cut,
        on_two_grounds(with_garment(250, 20), 200), on_two_grounds(with_garment(250, 20), 120),
        in_slanting_light(plain(1, 300, 240), 0, 1, 0.33), in_slanting_light(with_garment(250, 20), 0, 1, 0.04)}) {
    sateen::GrayImage image{photo.width, photo.height, photo.gray};
    BOOST_TEST(!sateen::even_light(image));
    BOOST_TEST(image.pixels == photo.gray);
  }
}

BOOST_AUTO_TEST_CASE(what_is_cut_out_already_is_laid_on_a_ground) {
  for (const int garment : {30, 120, 230}) {
    Photo photo = with_garment(77, static_cast<uint8_t>(garment));
    photo.alpha.assign(photo.gray.size(), 0);
    for (int y = 60; y < 260; ++y)
      std::fill_n(photo.alpha.begin() + static_cast<ptrdiff_t>(at(photo, 250, y)), 100, uint8_t{255});
    const PreparedPhoto prepared = sateen::prepare(photo);
    expect_garment(prepared);
    BOOST_TEST(has(prepared.steps, garment == 230 ? "laid on black" : "laid on white"));
    BOOST_TEST(prepared.doubts.empty());
  }
  // Round corners alone are no cut-out.
  Photo photo = with_garment(250, 40);
  photo.alpha.assign(photo.gray.size(), 255);
  photo.alpha.front() = photo.alpha.back() = 0;
  photo.gray.front() = photo.gray.back() = 0;
  expect_garment(sateen::prepare(photo));
  Photo nothing = plain(50, 40, 9);
  nothing.alpha.assign(nothing.gray.size(), 0);
  BOOST_TEST(has(sateen::prepare(nothing).doubts, "nothing stands out"));
}

BOOST_AUTO_TEST_CASE(doubts) {
  BOOST_TEST(has(sateen::prepare(plain(300, 200, 128)).doubts, "nothing stands out"));
  BOOST_TEST(has(sateen::prepare(with_garment(200, 182)).doubts, "little contrast"));
  Photo both = with_garment(128, 250);
  fill(both, 250, 60, 50, 200, 10);
  BOOST_TEST(has(sateen::prepare(both).doubts, "both darker and lighter"));
  BOOST_TEST(!has(sateen::prepare(both, {kSide, kSide, Inversion::kNo}).doubts, "both darker and lighter"));
  Photo stripes = plain(300, 300, 255);
  for (int x = 0; x < 300; x += 40) fill(stripes, x, 0, 20, 300, static_cast<uint8_t>(x / 2));
  BOOST_TEST(!sateen::prepare(stripes).doubts.empty());
  BOOST_TEST(has(sateen::prepare(on_two_grounds(with_garment(250, 20), 200)).doubts, "reaches 3 of its edges"));
  Photo mixed = plain(kSide, kSide, 100);
  BOOST_TEST(has(sateen::prepare(mixed).doubts, "neither dark nor light"));
}

/// A garment of 100 by 200 in a white page of 300 by 260, and around that a black frame of some pixels a side.
Photo framed(int left, int top, int right, int bottom) {
  Photo photo = plain(left + 300 + right, top + 260 + bottom, 0);
  fill(photo, left, top, 300, 260, 255);
  fill(photo, left + 150, top + 30, 100, 200, 40);
  return photo;
}

BOOST_AUTO_TEST_CASE(a_frame_is_no_ground) {
  for (const auto& [left, top, right, bottom] : {std::array{12, 12, 12, 12},
                                                 {1, 1, 1, 1},
                                                 {3, 3, 3, 3},
                                                 {0, 80, 0, 80},
                                                 {90, 0, 90, 0},
                                                 {0, 0, 0, 30},
                                                 {10, 10, 10, 70}}) {
    const PreparedPhoto prepared = sateen::prepare(framed(left, top, right, bottom));
    BOOST_TEST_CONTEXT(left << " " << top << " " << right << " " << bottom) {
      expect_garment(prepared);
      BOOST_TEST(has(prepared.steps, "to 100x200"));
      BOOST_TEST(has(prepared.steps, "inverted"));
      BOOST_TEST(prepared.doubts.empty());
    }
  }
  // A page that reaches into the frame on one side, and one with nothing on it: maybe it is the garment.
  Photo torn = framed(12, 12, 12, 12);
  fill(torn, 12, 100, 20, 20, 0);
  BOOST_TEST(has(sateen::prepare(torn).doubts, "in a frame"));
  Photo page = plain(324, 284, 0);
  fill(page, 12, 12, 300, 260, 255);
  BOOST_TEST(has(sateen::prepare(page).doubts, "in a frame"));
}

BOOST_AUTO_TEST_CASE(a_small_garment_keeps_its_detail) {
  // Stripes of two pixels in a photo that is looked at in a fifth of its size.
  Photo photo = plain(5120, 5120, 255);
  for (int x = 1000; x < 1140; x += 4) fill(photo, x, 1000, 2, 140, 0);
  const PreparedPhoto prepared = sateen::prepare(photo, {140, 140, Inversion::kAuto});
  const auto row = prepared.image.pixels.begin() + ptrdiff_t{70} * 140;
  const auto [darkest, brightest] = std::minmax_element(row + 60, row + 80);
  BOOST_TEST(*darkest < 55);
  BOOST_TEST(*brightest > 200);
}

BOOST_AUTO_TEST_CASE(inversion_as_told) {
  const PreparedPhoto kept = sateen::prepare(with_garment(250, 20), {kSide, kSide, Inversion::kNo});
  BOOST_TEST(kept.image.pixels[0] == 250);
  BOOST_TEST(kept.image.pixels[14 * kSide + 14] == 20);
  const PreparedPhoto turned = sateen::prepare(with_garment(5, 235), {kSide, kSide, Inversion::kYes});
  BOOST_TEST(turned.image.pixels[0] == 250);
  BOOST_TEST(turned.image.pixels[14 * kSide + 14] == 20);
  expect_garment(sateen::prepare(with_garment(250, 20), {kSide, kSide, Inversion::kYes}));
}

BOOST_AUTO_TEST_CASE(odd_sizes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 8192}, {8192, 1}, {2, 3}, {29, 28}, {5000, 40}}) {
    for (const uint8_t corner : {uint8_t{0}, uint8_t{255}}) {
      Photo photo = plain(width, height, 100);
      photo.gray.back() = corner;
      BOOST_TEST(sateen::prepare(photo).image.pixels.size() == size_t{kSide} * kSide);
      BOOST_TEST(sateen::prepare(photo, {5, 70, Inversion::kAuto}).image.pixels.size() == 350U);
    }
  }
  EXPECT_ERROR(sateen::prepare({2, 2, {1, 2, 3}, {}}), sateen::ErrorCode::kUsage, "a photo of 2x2");
  EXPECT_ERROR(sateen::prepare({0, 0, {}, {}}), sateen::ErrorCode::kUsage, "0x0");
  EXPECT_ERROR(sateen::prepare({1, 1, {1}, {1, 2}}), sateen::ErrorCode::kUsage, "1x1");
  EXPECT_ERROR(sateen::prepare(plain(2, 2, 0), {0, 28, Inversion::kAuto}), sateen::ErrorCode::kUsage, "8192");
}

BOOST_AUTO_TEST_CASE(what_a_file_says_of_itself) {
  const TempFolder folder;
  const auto load = [&](const Picture& file) {
    put_file(folder / "p", file);
    return sateen::load_photo(folder / "p");
  };
  const Photo cut = load(png(2, 1, 8, 4, {0, 200, 255, 90, 128}));
  BOOST_TEST(cut.gray == (std::vector<uint8_t>{200, 90}), boost::test_tools::per_element());
  BOOST_TEST(cut.alpha == (std::vector<uint8_t>{255, 128}), boost::test_tools::per_element());
  BOOST_TEST(load(png(2, 1, 8, 4, {0, 200, 255, 90, 255})).alpha.empty());
  BOOST_TEST(!load(png(1, 1, 8, 2, {0, 7, 7, 7})).colored);
  BOOST_TEST(load(png(1, 1, 8, 2, {0, 7, 7, 8})).colored);
  BOOST_TEST(load({'P', '6', ' ', '1', ' ', '1', ' ', '9', '\n', 1, 2, 1}).colored);
  const Photo turned = load(jpeg(16, 8, {40, 200}, exif(6)));
  BOOST_TEST(turned.orientation == 6);
  BOOST_TEST(turned.width == 8);
  BOOST_TEST(has(sateen::prepare(turned).steps, "turned upright"));
}

BOOST_AUTO_TEST_CASE(pictures_of_a_folder) {
  const TempFolder folder;
  for (const char* name : {"b.PNG", "a.jpeg", "c.heic", "notes.txt", ".hidden.png", "png"})
    put_file(folder / name, {1});
  std::filesystem::create_directory(folder / "more.png");
  std::filesystem::create_directory_symlink(".", folder / "loop");
  std::filesystem::create_symlink("nowhere", folder / "d.ppm");
  const sateen::PictureFolder list = sateen::list_pictures(folder / ".");
  BOOST_TEST(list.pictures == (std::vector<std::string>{"a.jpeg", "b.PNG", "c.heic", "d.ppm"}),
             boost::test_tools::per_element());
  BOOST_TEST(list.folders == (std::vector<std::string>{"more.png"}), boost::test_tools::per_element());
  EXPECT_ERROR(sateen::list_pictures(folder / "none"), sateen::ErrorCode::kBadInput, "none: can't be listed");
}

BOOST_AUTO_TEST_SUITE_END()
