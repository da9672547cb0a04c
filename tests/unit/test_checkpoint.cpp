// Checkpoint files: what is saved is loaded, to the byte, and nothing that is wrong is gone on from.
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "expect_error.hpp"
#include "golden_checkpoint.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/inspect.hpp"
#include "temp_folder.hpp"

namespace {

using nlohmann::json;
using sateen::Checkpoint;
using sateen::ErrorCode;

void expect_refused(const std::function<void(Parts&)>& change, const std::string& words) {
  const TempFolder folder;
  Parts parts = parts_of(get_file(golden_checkpoint_path()));
  change(parts);
  put_file(folder / "c", parts.bytes());
  EXPECT_ERROR(sateen::load_checkpoint(folder / "c"), ErrorCode::kBadInput, words);
  EXPECT_ERROR(sateen::inspect(folder / "c"), ErrorCode::kBadInput, words);
}

void put_history(Parts& parts, size_t row, size_t field, double value) {
  put_tensor(parts, "training/history", row * 56 + field * 8, std::bit_cast<uint64_t>(value), 8);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint)

// For ever, as the golden model.
BOOST_AUTO_TEST_CASE(golden_file_of_format_1_0) {
  check_equal(golden_checkpoint(), sateen::load_checkpoint(golden_checkpoint_path()));
  const TempFolder folder;
  sateen::save_checkpoint(golden_checkpoint(), folder / "now");
  BOOST_TEST(get_file(folder / "now") == get_file(golden_checkpoint_path()), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_beginning) {
  Checkpoint checkpoint = golden_checkpoint();
  checkpoint.state.epoch = checkpoint.state.step = 0;
  checkpoint.history.clear();
  checkpoint.best.reset();
  const TempFolder folder;
  sateen::save_checkpoint(checkpoint, folder / "c");
  check_equal(checkpoint, sateen::load_checkpoint(folder / "c"));
  EXPECT_ERROR(sateen::best_model(checkpoint), ErrorCode::kUsage, "no best model yet");
}

BOOST_AUTO_TEST_CASE(with_choices_of_kernels) {
  Checkpoint checkpoint = golden_checkpoint();
  checkpoint.choices = {{"conv2d_forward 8x4 -> 2", "winograd"}, {"dense", "own"}};
  const TempFolder folder;
  sateen::save_checkpoint(checkpoint, folder / "c");
  check_equal(checkpoint, sateen::load_checkpoint(folder / "c"));
  // Which are no part of a model.
  ::check_equal(golden_model(), sateen::load_model(folder / "c"));
}

BOOST_AUTO_TEST_CASE(with_augmentation) {
  Checkpoint checkpoint = golden_checkpoint();
  const TempFolder folder;
  for (const sateen::Augmentation& augmentation : {sateen::Augmentation{3, false}, {0, true}, {8, true}}) {
    checkpoint.augmentation = augmentation;
    sateen::save_checkpoint(checkpoint, folder / "c");
    const Checkpoint loaded = sateen::load_checkpoint(folder / "c");
    check_equal(checkpoint, loaded);
    BOOST_TEST((sateen::options_of(loaded).augmentation == augmentation));
  }
}

// Four times the weights, a history and padding: a large model's checkpoint is no different from a small one's.
BOOST_AUTO_TEST_CASE(of_a_large_model) {
  sateen::Sequential model({1024});
  model.add(sateen::Dense(1100));
  model.weights()[0] = 1.0F;
  std::vector<std::string> labels(1100, "x");
  Checkpoint checkpoint{{std::move(model), {}, std::move(labels), {}, 1, 2}};
  const std::vector<float> values(checkpoint.file.model.parameter_count(), 0.5F);
  BOOST_TEST_REQUIRE(values.size() > size_t{1} << 20);
  checkpoint.state.adam_m = checkpoint.state.adam_v = values;
  checkpoint.state.epoch = 1;
  checkpoint.history.push_back({1, {0.75, 0.5, 40}, {0.5, 0.75, 10}, 0.001, 0, 0, true});
  checkpoint.best = {1, values};
  const TempFolder folder;
  sateen::save_checkpoint(checkpoint, folder / "c");
  BOOST_TEST((sateen::load_checkpoint(folder / "c").best->weights == values));
}

BOOST_AUTO_TEST_CASE(it_is_a_model_too) {
  ::check_equal(golden_model(), sateen::load_model(golden_checkpoint_path()));
  const sateen::ModelFile best = sateen::best_model(golden_checkpoint());
  BOOST_TEST(best.model.weights()[1] == 0.25F);
  const sateen::TrainOptions options = sateen::options_of(golden_checkpoint());
  BOOST_TEST(options.batch_size == 8);
  BOOST_TEST(options.seed == UINT64_MAX);
  BOOST_TEST(options.preprocessing.shift == -0.25F);
}

BOOST_AUTO_TEST_CASE(what_inspect_shows) {
  const sateen::FileSummary model = sateen::inspect(golden_path());
  BOOST_TEST(model.checkpoint() == nullptr);
  BOOST_TEST(model.tensors.size() == 4U);
  ::check_equal(golden_model(), model.model());
  const sateen::FileSummary summary = sateen::inspect(golden_checkpoint_path());
  BOOST_TEST_REQUIRE(summary.checkpoint() != nullptr);
  check_equal(golden_checkpoint(), *summary.checkpoint());
  BOOST_TEST(summary.major == 1);
  BOOST_TEST(summary.minor == 0);
  const auto file = get_file(golden_checkpoint_path());
  BOOST_TEST(summary.bytes == file.size());
  BOOST_TEST_REQUIRE(summary.tensors.size() == 17U);
  const sateen::TensorSummary& history = summary.tensors.back();
  BOOST_TEST(history.name == "training/history");
  BOOST_TEST((history.dtype == sateen::DType::kU8));
  BOOST_TEST((history.shape == std::vector<int64_t>{2, 56}));
  BOOST_TEST(history.bytes == 112U);
  BOOST_TEST(history.hash == XXH3_64bits(file.data() + file.size() - 112, 112));
}

BOOST_AUTO_TEST_CASE(the_one_before_is_kept) {
  const TempFolder folder;
  Checkpoint checkpoint = golden_checkpoint();
  sateen::save_checkpoint(checkpoint, folder / "last", "previous");
  BOOST_TEST(folder.entries() == 1U);
  const auto first = get_file(folder / "last");
  checkpoint.state.correct = 18;
  sateen::save_checkpoint(checkpoint, folder / "last", "previous");
  BOOST_TEST((get_file(folder / "previous") == first));
  // As a writer leaves it that died between keeping and renaming: both names are one file.
  std::filesystem::remove(folder / "previous");
  std::filesystem::create_hard_link(folder / "last", folder / "previous");
  const auto second = get_file(folder / "last");
  checkpoint.state.correct = 19;
  sateen::save_checkpoint(checkpoint, folder / "last", "previous");
  BOOST_TEST((get_file(folder / "previous") == second));
  BOOST_TEST(folder.entries() == 2U);
}

BOOST_AUTO_TEST_CASE(the_one_before_can_not_be_kept) {
  const TempFolder folder;
  const Checkpoint checkpoint = golden_checkpoint();
  sateen::save_checkpoint(checkpoint, folder / "last");
  const auto before = get_file(folder / "last");
  std::filesystem::create_directory(folder / "previous");
  Checkpoint other = checkpoint;
  other.state.correct = 18;
  EXPECT_ERROR(sateen::save_checkpoint(other, folder / "last", "previous"), ErrorCode::kOutput,
               "last: the file before can't be kept: Is a directory");
  BOOST_TEST((get_file(folder / "last") == before));
  BOOST_TEST(folder.entries() == 2U);
}

BOOST_AUTO_TEST_CASE(models_are_told_so) {
  EXPECT_ERROR(sateen::load_checkpoint(golden_path()), ErrorCode::kBadInput, "is a model, not a checkpoint");
}

BOOST_AUTO_TEST_CASE(settings_out_of_range) {
  const auto set = [](const char* key, const json& value) {
    return [=](Parts& p) { p.header["training"][key] = value; };
  };
  for (const char* key : {"epoch", "step", "images", "best_epoch", "epochs", "batch_size"}) {
    for (const json& value : {json(-1), json(1.5), json("1"), json(UINT64_MAX), json(nullptr)}) {
      expect_refused(set(key, value), key);
    }
  }
  for (const char* key : {"loss_sum", "correct", "held_out_share"}) {
    for (const json& value : {json("1"), json(nullptr), json::array()}) expect_refused(set(key, value), key);
  }
  expect_refused(set("batch_size", 0), "batch_size");
  expect_refused(set("held_out_share", 1), "held_out_share");
  expect_refused(set("held_out_share", -0.5), "held_out_share");
  expect_refused(set("best_epoch", 3), "best_epoch");
  expect_refused(set("best_epoch", 2), "not the best of its history");
  expect_refused(set("best_epoch", 0), "not the best of its history");
  expect_refused(set("correct", 25), "correct");
  expect_refused(set("correct", -1), "correct");
  expect_refused(set("loss_sum", 1e300), "loss_sum");
  expect_refused(set("epoch", 3), "a row for each epoch");
  expect_refused(set("epoch", 1), "a row for each epoch");
  expect_refused(set("device", "a\nb"), "device");
  expect_refused(set("device", std::string(201, 'a')), "device");
  expect_refused(set("adam", 1), "adam");
  for (const json& choices :
       {json(1), json::array(), json{{"key", 1}}, json{{"key", ""}}, json{{"", "own"}}, json{{"key\n", "own"}},
        json{{"key", "gr\u00f6\u00dfer"}}, json{{"a = b", "own"}}, json{{" key", "own"}}, json{{"key ", "own"}},
        json{{std::string(201, 'k'), "own"}}, json{{"key", std::string(201, 'v')}}}) {
    expect_refused(set("choices", choices), "");
  }
  for (const json& augmentation :
       {json(1), json::object(), json{{"mirror", true}}, json{{"shift", 1}}, json{{"mirror", 1}, {"shift", 1}},
        json{{"mirror", true}, {"shift", -1}}, json{{"mirror", true}, {"shift", 1.5}},
        json{{"mirror", true}, {"shift", UINT32_MAX}}}) {
    expect_refused(set("augmentation", augmentation), "");
  }
  json many = json::object();
  for (int i = 0; i < 4097; ++i) many[std::to_string(i)] = "own";
  expect_refused(set("choices", many), "choices");
  for (const char* key : {"learning_rate", "beta1", "beta2", "epsilon"}) {
    for (const json& value : {json(-1), json(1e300), json("1")}) {
      expect_refused([&](Parts& p) { p.header["training"]["adam"][key] = value; }, key);
    }
    expect_refused([&](Parts& p) { p.header["training"]["adam"].erase(key); }, key);
  }
  expect_refused([](Parts& p) { p.header["training"]["adam"]["beta1"] = 1; }, "beta1");
  expect_refused([](Parts& p) { p.header["training"]["adam"]["epsilon"] = 1e-60; }, "epsilon");
  expect_refused([](Parts& p) { p.header["training"] = 1; }, "training");
}

BOOST_AUTO_TEST_CASE(tensors_that_are_wrong) {
  constexpr uint64_t kNaN = 0x7FC00000, kMinusOne = 0xBF800000;
  for (const char* name :
       {"model/conv1.bias", "training/adam_m/conv1.bias", "training/adam_v/conv1.bias", "training/best/conv1.bias"}) {
    expect_refused([&](Parts& p) { put_tensor(p, name, 4, kNaN, 4); }, std::string(name) + " holds NaN");
    expect_refused(
        [&](Parts& p) {
          for (json& tensor : p.header["tensors"]) {
            if (tensor["name"] == name) tensor["shape"] = {1, 2};
          }
        },
        std::string(name) + " is not f32 2");
  }
  expect_refused([&](Parts& p) { put_tensor(p, "training/adam_v/conv1.bias", 0, kMinusOne, 4); }, "negative");
  expect_refused([](Parts& p) { p.header["tensors"][4]["name"] = "later/x"; }, "training/adam_m/");
  expect_refused([](Parts& p) { p.header["tensors"][16]["name"] = "later/x"; }, "a row for each epoch");
  expect_refused([](Parts& p) { p.header["tensors"][16]["shape"] = {4, 28}; }, "training/history is not");
  expect_refused([](Parts& p) { p.header["tensors"][16]["shape"] = {112}; }, "training/history is not");
  expect_refused(
      [](Parts& p) {
        p.header["tensors"][16]["dtype"] = "f32";
        p.header["tensors"][16]["shape"] = {2, 14};
      },
      "training/history is not");
  for (const size_t field : {0U, 3U, 6U}) {
    expect_refused([&](Parts& p) { put_history(p, 1, field, std::nan("")); }, "history holds numbers out of range");
  }
  for (const double accuracy : {-0.1, 1.1, std::nan("")}) {
    expect_refused([&](Parts& p) { put_history(p, 0, 1, accuracy); }, "out of range");
    expect_refused([&](Parts& p) { put_history(p, 0, 4, accuracy); }, "out of range");
  }
  for (const double images : {-1.0, 1e10, std::nan("")}) {
    expect_refused([&](Parts& p) { put_history(p, 0, 2, images); }, "out of range");
  }
}

// What training leaves alone, Adam has no means of; and no variance is below 0.
BOOST_AUTO_TEST_CASE(running_statistics_that_are_wrong) {
  sateen::Sequential model({3});
  model.add(sateen::BatchNorm());
  model.initialise(1);
  const std::vector<float> start(model.weights().begin(), model.weights().end());
  const std::vector<float> zeros(start.size());
  Checkpoint checkpoint{{std::move(model), {}, {"a", "b", "c"}, "0.1.0", 1, 2}};
  checkpoint.state.adam_m = checkpoint.state.adam_v = zeros;
  checkpoint.state.epoch = 1;
  checkpoint.history.push_back({1, {0.75, 0.5, 40}, {0.5, 0.75, 10}, 0.001, 0, 0, true});
  checkpoint.best = {1, start};
  const TempFolder folder;
  sateen::save_checkpoint(checkpoint, folder / "c");
  check_equal(checkpoint, sateen::load_checkpoint(folder / "c"));
  const auto refused = [&](const std::string& name, uint64_t value, const std::string& words) {
    Parts parts = parts_of(get_file(folder / "c"));
    put_tensor(parts, name, 4, value, 4);
    put_file(folder / "d", parts.bytes());
    EXPECT_ERROR(sateen::load_checkpoint(folder / "d"), ErrorCode::kBadInput, "tensor " + name + words);
    EXPECT_ERROR(sateen::inspect(folder / "d"), ErrorCode::kBadInput, "tensor " + name + words);
  };
  constexpr uint64_t kOne = 0x3F800000, kMinusOne = 0xBF800000;
  for (const char* name : {"training/adam_m/norm1.mean", "training/adam_m/norm1.variance", "training/adam_v/norm1.mean",
                           "training/adam_v/norm1.variance"}) {
    refused(name, kOne, " holds means of what Adam does not move");
  }
  for (const char* name : {"model/norm1.variance", "training/best/norm1.variance"}) {
    refused(name, kMinusOne, " holds a variance below 0");
  }
  const auto not_saved = [&](const std::function<void(Checkpoint&)>& change, const char* words) {
    Checkpoint other = checkpoint;
    change(other);
    EXPECT_ERROR(sateen::save_checkpoint(other, folder / "d"), ErrorCode::kUsage, words);
  };
  not_saved([](Checkpoint& c) { c.state.adam_m[6] = 1; }, "what it does not move");
  not_saved([](Checkpoint& c) { c.state.adam_v[11] = 1; }, "what it does not move");
  not_saved([](Checkpoint& c) { c.file.model.weights()[9] = -1; }, "a variance is below 0");
  not_saved([](Checkpoint& c) { c.best->weights[11] = -1; }, "a variance is below 0");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_saved) {
  const TempFolder folder;
  const auto expect = [&](const std::function<void(Checkpoint&)>& change, const char* words) {
    Checkpoint checkpoint = golden_checkpoint();
    change(checkpoint);
    EXPECT_ERROR(sateen::save_checkpoint(checkpoint, folder / "c"), ErrorCode::kUsage, words);
  };
  expect([](Checkpoint& c) { c.state.adam_m.pop_back(); }, "Adam's means");
  expect([](Checkpoint& c) { c.state.adam_v.push_back(0); }, "Adam's means");
  expect([](Checkpoint& c) { c.history.pop_back(); }, "a record for each epoch");
  expect([](Checkpoint& c) { c.best->weights.pop_back(); }, "best epoch");
  expect([](Checkpoint& c) { c.best->epoch = 3; }, "best epoch");
  expect([](Checkpoint& c) { c.best->epoch = 0; }, "best epoch");
  expect([](Checkpoint& c) { c.state.loss_sum = std::nan(""); }, "not finite");
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    expect([&](Checkpoint& c) { c.file.model.weights()[0] = value; }, "not finite");
    expect([&](Checkpoint& c) { c.state.adam_m[0] = value; }, "not finite");
    expect([&](Checkpoint& c) { c.state.adam_v[0] = value; }, "not finite");
    expect([&](Checkpoint& c) { c.best->weights[0] = value; }, "not finite");
  }
  expect([](Checkpoint& c) { c.state.adam_v[0] = -1; }, "negative");
  expect([](Checkpoint& c) { c.best->epoch = 2; }, "not the best of the history");
  expect([](Checkpoint& c) { c.best.reset(); }, "not the best of the history");
  expect([](Checkpoint& c) { c.history[1].epoch = 7; }, "from 1 on");
  expect([](Checkpoint& c) { c.history[1].train.accuracy = 1.5; }, "out of range");
  expect([](Checkpoint& c) { c.history[1].train.loss = std::nan(""); }, "out of range");
  expect([](Checkpoint& c) { c.state.step = -5; }, "step");
  expect([](Checkpoint& c) { c.state.correct = 25; }, "correct");
  expect([](Checkpoint& c) { c.epochs = 200'000; }, "epochs");
  expect([](Checkpoint& c) { c.epochs = -1; }, "epochs");
  expect([](Checkpoint& c) { c.batch_size = 0; }, "batch_size");
  expect([](Checkpoint& c) { c.adam.beta1 = 2; }, "beta1");
  expect([](Checkpoint& c) { c.held_out_share = 1; }, "held_out_share");
  expect([](Checkpoint& c) { c.device = "a\x1b"; }, "device_text gives it");
  expect([](Checkpoint& c) { c.choices["a\n"] = "own"; }, "choices");
  expect([](Checkpoint& c) { c.plan.early_stop.patience = -1; }, "patience");
  expect([](Checkpoint& c) { c.plan.minimum_rate = std::nan(""); }, "not finite");
  expect([](Checkpoint& c) { c.plan.monitor = sateen::Monitor::kAccuracy; }, "not the best of the history");
  expect([](Checkpoint& c) { c.augmentation.shift_pixels = -1; }, "shift");
  expect(
      [](Checkpoint& c) {
        c.history.resize(100'001);
        c.state.epoch = 100'001;
      },
      "at most 100,000 epochs");
  BOOST_TEST(folder.entries() == 0U);
}

BOOST_AUTO_TEST_CASE(devices_in_words) {
  sateen::DeviceInfo device;
  device.backend = "cpu";
  device.name = "Größe\n\xFF 7";
  BOOST_TEST(sateen::device_text(device) == "cpu, Größe?? 7");
  device.driver = "1.2";
  BOOST_TEST(sateen::device_text(device) == "cpu, Größe?? 7, 1.2");
  device.name = std::string(300, 'x');
  BOOST_TEST(sateen::device_text(device).size() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
