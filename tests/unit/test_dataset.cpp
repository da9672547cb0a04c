// Data sets, their split, and Fashion-MNIST's files.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <stdlib.h>

#include "expect_error.hpp"
#include "idx_forge.hpp"
#include "sateen/data.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::Dataset;
using sateen::ErrorCode;
using sateen::FashionMnistPart;

/// A folder with small files of the right form.
struct SmallData {
  TempFolder folder;
  std::vector<uint8_t> pixels = std::vector<uint8_t>(3 * 28 * 28);
  std::vector<uint8_t> labels = {9, 0, 4};

  SmallData() {
    std::iota(pixels.begin(), pixels.end(), uint8_t{0});
    images("train-images-idx3-ubyte", idx({3, 28, 28}, pixels));
    images("train-labels-idx1-ubyte", idx({3}, labels));
  }
  void images(const std::string& name, const std::vector<uint8_t>& file) { put_file(folder / name, file); }
  Dataset load(const sateen::LogSink& log = {}) const {
    return sateen::load_fashion_mnist(folder.path(), FashionMnistPart::kTrain, log);
  }
};

boost::test_tools::assertion_result has_fashion_mnist(boost::unit_test::test_unit_id /*id*/) {
  return std::filesystem::exists(sateen::default_data_folder());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(data_sets)

BOOST_AUTO_TEST_CASE(holds_images_and_labels) {
  const Dataset data({2, 1, 1}, {1, 2, 3, 4, 5, 6}, {0, 1, 1}, {"a", "b"});
  BOOST_TEST(data.size() == 3U);
  BOOST_TEST(data.image(1)[0] == 3);
  BOOST_TEST(data.image(2).size() == 2U);
  EXPECT_ERROR(data.image(3), ErrorCode::kUsage, "no image 3 of 3");
  EXPECT_ERROR(Dataset({2, 1, 1}, {1, 2, 3}, {0, 1}, {"a", "b"}), ErrorCode::kBadInput, "don't fit");
  EXPECT_ERROR(Dataset({1}, {1, 2}, {0, 2}, {"a", "b"}), ErrorCode::kBadInput, "image 1 has label 2");
  EXPECT_ERROR(Dataset({1}, {1}, {0}, {}), ErrorCode::kBadInput, "at least one class");
}

BOOST_AUTO_TEST_CASE(the_hash_tells_data_apart) {
  const auto hash = [](const sateen::Shape& shape, std::vector<uint8_t> images, std::vector<uint8_t> labels) {
    return Dataset(shape, std::move(images), std::move(labels), {"a", "b"}).hash();
  };
  const uint64_t base = hash({2, 1, 1}, {1, 2, 3, 4}, {0, 1});
  BOOST_TEST(base == hash({2, 1, 1}, {1, 2, 3, 4}, {0, 1}));
  BOOST_TEST(base != hash({1, 2, 1}, {1, 2, 3, 4}, {0, 1}));
  BOOST_TEST(base != hash({2, 1, 1}, {1, 2, 3, 5}, {0, 1}));
  BOOST_TEST(base != hash({2, 1, 1}, {1, 2, 3, 4}, {1, 1}));
  BOOST_TEST(base != hash({2, 1}, {1, 2, 3, 4}, {0, 1}));
}

BOOST_AUTO_TEST_CASE(splits) {
  const auto parts = sateen::split(60000, 0.2, 7);
  BOOST_TEST(parts.train.size() == 48000U);
  BOOST_TEST(parts.held_out.size() == 12000U);
  std::vector<int32_t> all = parts.train;
  all.insert(all.end(), parts.held_out.begin(), parts.held_out.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 0; i < all.size(); ++i) BOOST_TEST_REQUIRE(all[i] == static_cast<int32_t>(i));
  BOOST_TEST((sateen::split(60000, 0.2, 7).held_out == parts.held_out));
  BOOST_TEST((sateen::split(60000, 0.2, 8).held_out != parts.held_out));
  // bench/results/split.py has the same; tests/results holds it to these numbers.
  const std::vector<int32_t>& held_out = parts.held_out;
  BOOST_TEST((std::vector<int32_t>(held_out.begin(), held_out.begin() + 5) == std::vector<int32_t>{0, 18, 20, 30, 34}));
  BOOST_TEST((std::vector<int32_t>(held_out.end() - 3, held_out.end()) == std::vector<int32_t>{59987, 59990, 59997}));
  BOOST_TEST((sateen::split(12, 0.3, 1).held_out == std::vector<int32_t>{1, 6, 9}));
  const auto wide = sateen::split(60000, 0.2, (uint64_t{1} << 40) + 3).held_out;
  BOOST_TEST((std::vector<int32_t>(wide.begin(), wide.begin() + 5) == std::vector<int32_t>{1, 16, 23, 40, 49}));
  // Not the first or last images: about a fifth of each half.
  const auto half = std::count_if(parts.held_out.begin(), parts.held_out.end(), [](int32_t i) { return i < 30000; });
  BOOST_TEST((half > 5700 && half < 6300));
  BOOST_TEST(sateen::split(10, 0.0, 1).held_out.empty());
  BOOST_TEST(sateen::split(1, 0.99, 1).train.size() == 1U);
  for (const uint32_t count : {1U, 2U, 3U, 1024U, 60000U}) {
    BOOST_TEST(sateen::split(count, std::nextafter(1.0, 0.0), 1).train.size() == 1U);  // never none
  }
  for (const double share : {-0.1, 1.0, std::nan(""), 2.0}) {
    EXPECT_ERROR(sateen::split(10, share, 1), ErrorCode::kUsage, "held out");
  }
  EXPECT_ERROR(sateen::split(0, 0.5, 1), ErrorCode::kUsage, "0 images");
  EXPECT_ERROR(sateen::split(UINT32_MAX, 0.5, 1), ErrorCode::kUsage, "4294967295 images");
}

BOOST_AUTO_TEST_CASE(finds_the_files_under_each_name) {
  for (const std::string separator : {"-", "."}) {
    for (const bool packed : {false, true}) {
      TempFolder folder;
      const auto put = [&](const std::string& stem, const std::string& kind, const std::vector<uint8_t>& file) {
        put_file(folder / (stem + separator + kind + (packed ? ".gz" : "")), packed ? gzip(file) : file);
      };
      put("t10k-images", "idx3-ubyte", idx({2, 28, 28}, std::vector<uint8_t>(2 * 28 * 28, 5)));
      put("t10k-labels", "idx1-ubyte", idx({2}, {3, 1}));
      const Dataset data = sateen::load_fashion_mnist(folder.path(), FashionMnistPart::kTest);
      BOOST_TEST(data.size() == 2U);
      BOOST_TEST((data.sample_shape() == sateen::Shape{28, 28, 1}));
      BOOST_TEST(data.class_names()[9] == "Ankle boot");
      EXPECT_ERROR(sateen::load_fashion_mnist(folder.path(), FashionMnistPart::kTrain), ErrorCode::kBadInput,
                   "train-images-idx3-ubyte: not found, nor with .gz; apt install dataset-fashion-mnist");
    }
  }
}

BOOST_AUTO_TEST_CASE(files_that_do_not_belong_together) {
  {
    SmallData data;
    BOOST_TEST(data.load().size() == 3U);
    data.images("train-labels-idx1-ubyte", idx({3, 28, 28}, data.pixels));
    data.images("train-images-idx3-ubyte", idx({3}, data.labels));
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "train-images-idx3-ubyte: holds labels, not images");
  }
  {
    SmallData data;
    data.images("train-labels-idx1-ubyte", idx({2}, {1, 2}));
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "holds 3 images, but ");
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "holds 2 labels");
  }
  {
    SmallData data;
    data.images("train-labels-idx1-ubyte", idx({3}, {1, 10, 2}));
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "train-labels-idx1-ubyte: image 1 has label 10");
  }
  {
    SmallData data;
    data.images("train-images-idx3-ubyte", idx({3, 32, 32}, std::vector<uint8_t>(3 * 32 * 32)));
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "its images are 32x32 instead of 28x28");
    data.images("train-images-idx3-ubyte", idx({3, 28, 27}, std::vector<uint8_t>(3 * 28 * 27)));
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "its images are 28x27 instead of 28x28");
  }
  {
    SmallData data;
    std::filesystem::remove(data.folder / "train-labels-idx1-ubyte");
    EXPECT_ERROR(data.load(), ErrorCode::kBadInput, "train-labels-idx1-ubyte: not found");
    EXPECT_ERROR(sateen::load_fashion_mnist(data.folder / "none", FashionMnistPart::kTest), ErrorCode::kBadInput,
                 "--data DIR or SATEEN_DATA");
  }
}

BOOST_AUTO_TEST_CASE(other_data_is_warned_of) {
  SmallData data;
  std::vector<std::string> lines;
  data.load([&](sateen::LogLevel level, std::string_view line) {
    BOOST_TEST((level == sateen::LogLevel::kWarning));
    lines.emplace_back(line);
  });
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].find("train-images-idx3-ubyte: is not the real Fashion-MNIST") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(labels_of_another_data_set_are_warned_of, *boost::unit_test::precondition(has_fashion_mnist)) {
  const TempFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(sateen::default_data_folder())) {
    if (entry.path().filename().string().rfind("t10k-images", 0) != 0) continue;
    std::filesystem::create_symlink(entry.path(), folder / entry.path().filename().string());
  }
  put_file(folder / "t10k-labels-idx1-ubyte", idx({10000}, std::vector<uint8_t>(10000, 3)));
  std::string line;
  sateen::load_fashion_mnist(folder.path(), FashionMnistPart::kTest,
                             [&](sateen::LogLevel, std::string_view said) { line = said; });
  BOOST_TEST(line.find("t10k-labels-idx1-ubyte: is not the real Fashion-MNIST") != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(the_folder_comes_from_the_environment) {
  const char* before = ::getenv("SATEEN_DATA");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("SATEEN_DATA", "/some/where", 1);
  BOOST_TEST(sateen::default_data_folder() == "/some/where");
  ::setenv("SATEEN_DATA", "", 1);
  BOOST_TEST(sateen::default_data_folder() == "/usr/share/datasets/fashion-mnist");
  ::unsetenv("SATEEN_DATA");
  BOOST_TEST(sateen::default_data_folder() == "/usr/share/datasets/fashion-mnist");
  if (before != nullptr) ::setenv("SATEEN_DATA", kept.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(the_real_one, *boost::unit_test::precondition(has_fashion_mnist)) {
  int warnings = 0;
  const sateen::LogSink log = [&](sateen::LogLevel, std::string_view) { ++warnings; };
  const Dataset train = sateen::load_fashion_mnist(sateen::default_data_folder(), FashionMnistPart::kTrain, log);
  const Dataset test = sateen::load_fashion_mnist(sateen::default_data_folder(), FashionMnistPart::kTest, log);
  BOOST_TEST(warnings == 0);
  BOOST_TEST(train.size() == 60000U);
  BOOST_TEST(test.size() == 10000U);
  for (uint8_t label = 0; label < 10; ++label) {
    BOOST_TEST(std::count(train.labels().begin(), train.labels().end(), label) == 6000);
    BOOST_TEST(std::count(test.labels().begin(), test.labels().end(), label) == 1000);
  }
  BOOST_TEST(train.hash() != test.hash());
}

BOOST_AUTO_TEST_SUITE_END()
