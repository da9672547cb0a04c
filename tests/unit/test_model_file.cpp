// Model files: what is saved is loaded, and nothing that is wrong builds a model.
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect_error.hpp"
#include "forge.hpp"
#include "golden_model.hpp"
#include "io/descriptor.hpp"
#include "sateen/model_file.hpp"
#include "temp_folder.hpp"

namespace {

using nlohmann::json;
using sateen::ErrorCode;
using sateen::ModelFile;
using sateen::Sequential;

/// Loads a changed golden model, and expects words in the refusal, CPU time under a second and little memory.
void expect_refused(const std::vector<uint8_t>& bytes, const std::string& words) {
  const TempFolder folder;
  const auto path = folder / "bad.sateen";
  put_file(path, bytes);
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::clock_t start = std::clock();
  EXPECT_ERROR(sateen::load_model(path), ErrorCode::kBadInput, words);
  EXPECT_ERROR(sateen::load_model(path), ErrorCode::kBadInput, "bad.sateen: ");
  BOOST_TEST(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 2.0);  // two loads
  ::getrusage(RUSAGE_SELF, &after);
  BOOST_TEST(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}
void expect_refused(const std::function<void(Parts&)>& change, const std::string& words) {
  Parts parts = golden_parts();
  change(parts);
  expect_refused(parts.bytes(), words);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(model_file)

BOOST_AUTO_TEST_CASE(what_is_saved_is_loaded) {
  const TempFolder folder;
  const ModelFile file = golden_model();
  sateen::save_model(file, folder / "a");
  sateen::save_model(file, folder / "b");
  BOOST_TEST((get_file(folder / "a") == get_file(folder / "b")));
  const ModelFile loaded = sateen::load_model(folder / "a");
  check_equal(file, loaded);
  sateen::save_model(loaded, folder / "c");
  BOOST_TEST((get_file(folder / "a") == get_file(folder / "c")));
  BOOST_TEST(folder.entries() == 3U);
}

BOOST_AUTO_TEST_CASE(the_version_is_ours_unless_told) {
  const TempFolder folder;
  ModelFile file = golden_model();
  file.version.clear();
  sateen::save_model(file, folder / "a");
  BOOST_TEST(!sateen::load_model(folder / "a").version.empty());
}

// For ever. A change of the format adds a golden file and keeps this one. data/make_golden.py wrote it, a second writer
// after docs/file-format.md; save_model agrees with it on every byte.
BOOST_AUTO_TEST_CASE(golden_file_of_format_1_0) {
  check_equal(golden_model(), sateen::load_model(golden_path()));
  const TempFolder folder;
  sateen::save_model(golden_model(), folder / "now");
  BOOST_TEST(get_file(folder / "now") == get_file(golden_path()), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(golden_file_with_batch_norm) {
  const std::filesystem::path path = std::filesystem::path(SATEEN_UNIT_DATA) / "golden-norm-1.0.sateen";
  check_equal(golden_norm_model(), sateen::load_model(path));
  const TempFolder folder;
  sateen::save_model(golden_norm_model(), folder / "now");
  BOOST_TEST(get_file(folder / "now") == get_file(path), boost::test_tools::per_element());
}

// The golden file cut at every byte and with every bit flipped, in place: a file is written anew only once.
BOOST_AUTO_TEST_CASE(cut_or_flipped_anywhere) {
  const TempFolder folder;
  const auto path = folder / "m";
  const auto file = get_file(golden_path());
  put_file(path, file);
  const sateen::Descriptor open(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  const auto set = [&](size_t at, uint8_t byte) {
    BOOST_TEST_REQUIRE(::pwrite(open.get(), &byte, 1, static_cast<off_t>(at)) == 1);
  };
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    const size_t at = bit / 8;
    set(at, static_cast<uint8_t>(file[at] ^ 1U << bit % 8));
    EXPECT_ERROR(sateen::load_model(path), ErrorCode::kBadInput, at < 8 ? "not a Sateen model" : "damaged");
    set(at, file[at]);
  }
  set(file.size() - 1, file.back() ^ 0x10);
  EXPECT_ERROR(sateen::load_model(path), ErrorCode::kBadInput, "m: tensor model/dense1.bias is damaged");
  set(file.size() - 1, file.back());
  check_equal(golden_model(), sateen::load_model(path));
  for (size_t size = file.size(); size-- > 0;) {
    BOOST_TEST_REQUIRE(::ftruncate(open.get(), static_cast<off_t>(size)) == 0);
    EXPECT_ERROR(sateen::load_model(path), ErrorCode::kBadInput, size == 0 ? "m: is empty" : "m: is cut short");
  }
}

BOOST_AUTO_TEST_CASE(weights_that_are_not_finite) {
  const TempFolder folder;
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
    ModelFile file = golden_model();
    file.model.weights()[3] = value;
    sateen::save_model(file, folder / "m");
    EXPECT_ERROR(sateen::load_model(folder / "m"), ErrorCode::kBadInput, "tensor model/conv1.weights holds NaN");
    EXPECT_ERROR(sateen::load_model(folder / "m"), ErrorCode::kBadInput, "--allow-nonfinite");
    const ModelFile loaded = sateen::load_model(folder / "m", {.allow_nonfinite = true});
    BOOST_TEST(!std::isfinite(loaded.model.weights()[3]));
  }
}

BOOST_AUTO_TEST_CASE(a_variance_below_0) {
  const TempFolder folder;
  ModelFile file = golden_norm_model();
  sateen::save_model(file, folder / "m");
  Parts parts = parts_of(get_file(folder / "m"));
  put_tensor(parts, "model/norm2.variance", 4, 0xBF800000, 4);  // -1
  put_file(folder / "n", parts.bytes());
  for (const bool allow : {false, true}) {
    EXPECT_ERROR(sateen::load_model(folder / "n", {.allow_nonfinite = allow}), ErrorCode::kBadInput,
                 "n: tensor model/norm2.variance holds a variance below 0");
  }
  file.model.weights().back() = -1;
  EXPECT_ERROR(sateen::save_model(file, folder / "o"), ErrorCode::kUsage, "o: a variance is below 0");
  BOOST_TEST(folder.entries() == 2U);
}

BOOST_AUTO_TEST_CASE(unknown_keys_and_sections_are_passed_over) {
  const TempFolder folder;
  Parts parts = golden_parts();
  parts.header["later"] = {{"a", {1, 2}}};
  parts.header["model"]["later"] = 1;
  parts.header["model"]["layers"][0]["later"] = "x";
  parts.header["preprocessing"]["later"] = true;
  parts.header["provenance"]["later"] = nullptr;
  parts.header["tensors"][0]["later"] = 1.5;
  parts.data.resize((parts.data.size() + 63) / 64 * 64);
  const size_t offset = parts.data.size();
  parts.data.insert(parts.data.end(), {0, 0, 0x80, 0x7F});
  parts.header["tensors"].push_back(json::parse(
      entry("adam.m/conv1.weights", "f32", "[1]", std::to_string(offset), "4", hash_text(parts.data, offset, 4))));
  put_file(folder / "m", parts.bytes());
  check_equal(golden_model(), sateen::load_model(folder / "m"));
}

BOOST_AUTO_TEST_CASE(architectures_that_are_wrong) {
  const auto layer = [](size_t i, auto change) {
    return [i, change](Parts& parts) { change(parts.header["model"]["layers"][i]); };
  };
  expect_refused([](Parts& p) { p.header.erase("model"); }, "\"model\" is missing");
  expect_refused([](Parts& p) { p.header["model"] = 7; }, "\"model\" is not an object");
  expect_refused([](Parts& p) { p.header["model"]["input"] = {4, 4, 0}; }, "a dimension of 0");
  expect_refused([](Parts& p) { p.header["model"]["input"] = {4, 4, UINT64_MAX}; }, "too large");
  expect_refused([](Parts& p) { p.header["model"]["input"] = {4, 4.5, 1}; }, "whole number");
  expect_refused([](Parts& p) { p.header["model"]["input"] = json::array(); }, "dimensions");
  expect_refused([](Parts& p) { p.header["model"]["layers"] = json::array(); }, "1 to 1024 layers");
  expect_refused(
      [](Parts& p) {
        json& layers = p.header["model"]["layers"];
        while (layers.size() <= 1024) layers.push_back(layers[1]);
      },
      "1 to 1024 layers");
  expect_refused(layer(0, [](json& l) { l["type"] = "lambda"; }), "lambda");
  expect_refused(layer(0, [](json& l) { l["type"] = "con\nv"; }), "\"type\" is not a word");
  expect_refused(layer(0, [](json& l) { l["type"] = ""; }), "\"type\" is not a word");
  expect_refused(layer(0, [](json& l) { l["type"] = std::string(65, 'a'); }), "\"type\" is not a word");
  expect_refused([](Parts& p) { p.header["model"]["layers"].erase(5); },
                 "output is 8, which does not fit its 3 labels");
  expect_refused(
      [](Parts& p) {
        p.header["model"]["layers"].erase(5);
        p.header["model"]["layers"].erase(4);
      },
      "output is 2x2x2, which does not fit its 3 labels");
  expect_refused(layer(0, [](json& l) { l["name"] = "conv2"; }), "called conv2 instead of conv1");
  expect_refused(layer(0, [](json& l) { l["name"] = "../x"; }), "instead of conv1");
  expect_refused(layer(0, [](json& l) { l["attributes"]["path"] = "/etc"; }), "path");
  expect_refused(layer(0, [](json& l) { l["attributes"]["a\nb"] = 1; }), "not a word");
  expect_refused(layer(0, [](json& l) { l["attributes"]["padding"] = "a\nb"; }), "not a word");
  expect_refused(layer(0, [](json& l) { l["attributes"]["padding"] = nullptr; }), "padding");
  expect_refused(layer(0, [](json& l) { l["attributes"].erase("filters"); }), "filters");
  expect_refused(layer(0, [](json& l) { l["attributes"]["filters"] = -1; }), "filter");
  expect_refused(layer(0, [](json& l) { l["attributes"]["filters"] = "2"; }), "filters");
  expect_refused(layer(0, [](json& l) { l["attributes"]["filters"] = UINT64_MAX; }), "too large");
  expect_refused(layer(1, [](json& l) { l["attributes"]["alpha"] = -1.0; }), "leaky_relu");
  expect_refused(layer(3, [](json& l) { l["attributes"]["rate"] = 1.0; }), "dropout");
}

BOOST_AUTO_TEST_CASE(architectures_that_would_take_all_memory) {
  // Two terabytes of weights that the file does not have.
  expect_refused(
      [](Parts& p) {
        json& layers = p.header["model"]["layers"];
        const json dense = layers[5];
        layers.insert(layers.begin() + 5, dense);
        layers[5]["attributes"]["units"] = 60000000;
        layers[6]["name"] = "dense2";
      },
      "weights are not as many");
  // No more weights than before, but a huge picture.
  expect_refused([](Parts& p) { p.header["model"]["input"] = {46340, 46340, 1}; }, "activations");
  expect_refused([](Parts& p) { p.header["model"]["input"] = {2147483647, 2147483647, 1}; }, "");
  expect_refused(
      [](Parts& p) {
        p.header["model"]["layers"][0]["attributes"]["kernel"] = {2147483647, 2147483647};
      },
      "");
}

BOOST_AUTO_TEST_CASE(architectures_that_would_take_all_day) {
  // Small in weights and values, endless to compute.
  expect_refused(
      [](Parts& p) {
        p.header["model"]["input"] = {4000, 4000, 1};
        json pool = p.header["model"]["layers"][2];
        pool["attributes"]["window"] = {4000, 4000};
        pool["attributes"]["stride"] = {1, 1};
        pool["attributes"]["padding"] = "same";
        pool["name"] = "pool1";
        p.header["model"]["layers"] = json::array({pool});
      },
      "operations");
  expect_refused(
      [](Parts& p) {
        p.header["model"]["input"] = {2000, 2000, 1};
        p.header["model"]["layers"][0]["attributes"]["kernel"] = {300, 300};
      },
      "operations");
  expect_refused([](Parts& p) { p.header["model"]["layers"] = json::array({p.header["model"]["layers"][4]}); },
                 "no weights");
}

BOOST_AUTO_TEST_CASE(tensors_far_larger_than_the_architecture) {
  // Refused before they are read: nothing but the header has a right checksum.
  expect_refused(
      [](Parts& p) {
        p.data.resize((p.data.size() + 63) / 64 * 64);
        const size_t offset = p.data.size();
        const size_t bytes = size_t{24} << 20;
        p.data.resize(offset + bytes);
        p.header["tensors"].push_back(
            json::parse(entry("x/y", "f32", "[" + std::to_string(bytes / 4) + "]", std::to_string(offset),
                              std::to_string(bytes), "0000000000000000")));
      },
      "far larger than its architecture needs");
}

BOOST_AUTO_TEST_CASE(weights_that_do_not_fit_the_architecture) {
  const auto tensor = [](size_t i, auto change) {
    return [i, change](Parts& parts) { change(parts.header["tensors"][i]); };
  };
  expect_refused(tensor(0, [](json& t) { t["shape"] = {3, 3, 2, 1}; }), "is not f32 3x3x1x2");
  expect_refused(tensor(0, [](json& t) { t["shape"] = {18}; }), "is not f32 3x3x1x2");
  expect_refused(tensor(0, [](json& t) { t["dtype"] = "i32"; }), "is not f32");
  expect_refused(tensor(0, [](json& t) { t["name"] = "model/conv2.weights"; }), "stands where");
  expect_refused(tensor(0, [](json& t) { t["name"] = "conv1.weights"; }), "weights are not as many");
  expect_refused([](Parts& p) { std::swap(p.header["tensors"][0]["name"], p.header["tensors"][2]["name"]); },
                 "stands where");
  expect_refused(
      [](Parts& p) {
        p.data.resize(p.data.size() + 64 - p.data.size() % 64);
        const size_t offset = p.data.size();
        p.data.resize(offset + 4);
        p.header["tensors"].push_back(
            json::parse(entry("model/more", "f32", "[1]", std::to_string(offset), "4", hash_text(p.data, offset, 4))));
      },
      "weights are not as many");
}

// As many values as the architecture has, in one tensor more.
BOOST_AUTO_TEST_CASE(weights_in_other_pieces) {
  expect_refused(
      [](Parts& p) {
        json& last = p.header["tensors"].back();
        const auto offset = last["offset"].get<size_t>();
        last["shape"] = {2};
        last["length"] = 8;
        last["hash"] = hash_text(p.data, offset, 8);
        std::fill(p.data.begin() + static_cast<ptrdiff_t>(offset) + 8, p.data.end(), uint8_t{0});
        p.data.resize(offset + 64);
        p.data.insert(p.data.end(), {0, 0, 0, 0});
        p.header["tensors"].push_back(json::parse(entry("model/dense1.rest", "f32", "[1]", std::to_string(offset + 64),
                                                        "4", hash_text(p.data, offset + 64, 4))));
      },
      "are not those of its architecture");
}

// More than 16 MiB of tensors are no reason to refuse a model that has as many weights.
BOOST_AUTO_TEST_CASE(large_models_are_loaded) {
  Sequential model({64, 64, 1});
  model.add(sateen::Flatten()).add(sateen::Dense(1100)).add(sateen::Dense(2));
  const TempFolder folder;
  sateen::save_model({std::move(model), {1.0F, 0.0F}, {"a", "b"}, "1", 0, 0}, folder / "m");
  BOOST_TEST(std::filesystem::file_size(folder / "m") > size_t{16} << 20);
  BOOST_TEST(sateen::load_model(folder / "m").model.layer_count() == 3U);
}

BOOST_AUTO_TEST_CASE(the_rest_of_the_header) {
  expect_refused([](Parts& p) { p.header["labels"] = {"a", "b"}; }, "does not fit its 2 labels");
  expect_refused([](Parts& p) { p.header["labels"] = {"a", "b", 3}; }, "a label is not a string");
  for (const std::string& label : std::vector<std::string>{"", "a\nb", "\x1b[2J", "a\u0085", std::string(201, 'a')}) {
    expect_refused([&](Parts& p) { p.header["labels"][0] = label; }, "a label is not");
  }
  expect_refused([](Parts& p) { p.header["preprocessing"]["scale"] = 1e300; }, "scale");
  expect_refused([](Parts& p) { p.header["preprocessing"]["scale"] = "1"; }, "scale");
  expect_refused([](Parts& p) { p.header["preprocessing"].erase("shift"); }, "shift");
  expect_refused([](Parts& p) { p.header["provenance"]["seed"] = 7; }, "seed");
  expect_refused([](Parts& p) { p.header["provenance"]["data_hash"] = "xyz"; }, "data_hash");
  expect_refused([](Parts& p) { p.header["provenance"]["version"] = "1\n2"; }, "version");
}

BOOST_AUTO_TEST_CASE(what_is_no_file_or_another_file) {
  const TempFolder folder;
  EXPECT_ERROR(sateen::load_model(folder.path()), ErrorCode::kBadInput, "is a folder");
  EXPECT_ERROR(sateen::load_model("/dev/zero"), ErrorCode::kBadInput, "/dev/zero: is a device");
  EXPECT_ERROR(sateen::load_model(folder / "none"), ErrorCode::kBadInput, "No such file");
  BOOST_TEST_REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  EXPECT_ERROR(sateen::load_model(folder / "fifo"), ErrorCode::kBadInput, "is a pipe");
  put_file(folder / "line\nbreak", std::string("text"));
  EXPECT_ERROR(sateen::load_model(folder / "line\nbreak"), ErrorCode::kBadInput,
               "line\\x0abreak: is not a Sateen model");
  // A sparse file of a terabyte, and one of 200 MiB that is no model: its first bytes suffice.
  put_file(folder / "huge", std::string(1000, 't'));
  BOOST_TEST_REQUIRE(::truncate((folder / "huge").c_str(), off_t{1} << 40) == 0);
  EXPECT_ERROR(sateen::load_model(folder / "huge"), ErrorCode::kBadInput, "larger than the 2 GiB");
  BOOST_TEST_REQUIRE(::truncate((folder / "huge").c_str(), off_t{200} << 20) == 0);
  EXPECT_ERROR(sateen::load_model(folder / "huge"), ErrorCode::kBadInput, "is not a Sateen model; it looks like text");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_saved) {
  const TempFolder folder;
  const auto refuse = [&](const std::function<void(ModelFile&)>& change, const char* words) {
    ModelFile file = golden_model();
    change(file);
    EXPECT_ERROR(sateen::save_model(file, folder / "m"), ErrorCode::kUsage, words);
    BOOST_TEST(folder.entries() == 0U);
  };
  refuse([](ModelFile& f) { f.class_names.pop_back(); }, "does not fit its 2 labels");
  refuse([](ModelFile& f) { f.class_names[0] = "\xff"; }, "a label is not");
  refuse([](ModelFile& f) { f.preprocessing.scale = std::numeric_limits<float>::infinity(); }, "not finite");
  refuse([](ModelFile& f) { f.preprocessing.shift = std::numeric_limits<float>::quiet_NaN(); }, "not finite");
  refuse([](ModelFile& f) { f.version = "a\nb"; }, "version");
  EXPECT_ERROR(sateen::save_model(golden_model(), folder / "none/m"), ErrorCode::kOutput, "none/m: ");
}

BOOST_AUTO_TEST_SUITE_END()
