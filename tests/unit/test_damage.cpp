// Damaged files: cut anywhere, or with any one bit flipped, neither a model nor a checkpoint is loaded. The cases that try
// everything are run by tests/soak/flips.py alone.
#include <fstream>
#include <functional>
#include <span>

#include <boost/test/unit_test.hpp>

#include "expect_error.hpp"
#include "sateen/checkpoint.hpp"
#include "sateen/model_file.hpp"
#include "temp_folder.hpp"

namespace {

using sateen::Checkpoint;
using sateen::ErrorCode;
using sateen::Sequential;
using Path = std::filesystem::path;
using Load = std::function<void(const Path&)>;

/// A prime number of bits and bytes, so that in time every place within a byte and a field comes.
constexpr size_t kStride = 23;

Checkpoint tiny_checkpoint() {
  Sequential model({2, 2, 1});
  model.add(sateen::Flatten()).add(sateen::Dense(2));
  model.initialise(/*seed=*/3);
  const std::vector<float> weights(model.weights().begin(), model.weights().end());
  Checkpoint checkpoint{{std::move(model), {}, {"dark", "light"}, "0.1.0", /*data_hash=*/7, /*seed=*/3}};
  checkpoint.state.epoch = 2;
  checkpoint.state.step = 1;
  checkpoint.state.loss_sum = 1.5;
  checkpoint.state.images = 3;
  checkpoint.state.adam_m = weights;
  checkpoint.state.adam_v.assign(weights.size(), 0.25F);
  checkpoint.epochs = 5;
  checkpoint.device = "cpu, any";
  for (int64_t epoch = 1; epoch <= 2; ++epoch) {
    checkpoint.history.push_back({});
    checkpoint.history.back().epoch = epoch;
    checkpoint.history.back().train = {1.0 / static_cast<double>(epoch), 0.5, 12};
    checkpoint.history.back().learning_rate = 1e-3;
  }
  checkpoint.best = {2, weights};
  return checkpoint;
}

void overwrite(std::fstream& file, size_t at, uint8_t byte) {
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte));
  BOOST_TEST_REQUIRE(!file.flush().fail());
}

/// How many damaged files were refused.
size_t refuse_all(const Path& path, const Load& load, size_t stride) {
  const std::vector<uint8_t> bytes = get_file(path);
  load(path);  // so that what refuses it is the damage
  size_t tried = 0;
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (size_t bit = 0; bit < 8 * bytes.size(); bit += stride, ++tried) {
    const size_t at = bit / 8;
    overwrite(file, at, static_cast<uint8_t>(bytes[at] ^ 1U << bit % 8));
    EXPECT_ERROR(load(path), ErrorCode::kBadInput, at < 8 ? "not a Sateen model" : "damaged");
    overwrite(file, at, bytes[at]);
  }
  load(path);
  for (size_t size = 0; size < bytes.size(); size += stride, ++tried) {
    put_file(path, std::span(bytes).first(size));
    EXPECT_ERROR(load(path), ErrorCode::kBadInput, size == 0 ? "is empty" : "is cut short");
  }
  return tried;
}

void refuse_all(size_t stride) {
  const TempFolder folder;
  const Load model = [](const Path& path) { sateen::load_model(path); };
  const Load checkpoint = [](const Path& path) { sateen::load_checkpoint(path); };
  put_file(folder / "model", get_file(Path(SATEEN_UNIT_DATA) / "golden-1.0.sateen"));
  size_t tried = refuse_all(folder / "model", model, stride);
  for (const Load& load : {checkpoint, model}) {
    sateen::save_checkpoint(tiny_checkpoint(), folder / "checkpoint");
    tried += refuse_all(folder / "checkpoint", load, stride);
  }
  BOOST_TEST_MESSAGE("damaged files refused: " << tried);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(damage)

BOOST_AUTO_TEST_CASE(some_of_all_places) {
  refuse_all(kStride);
}

BOOST_AUTO_TEST_CASE(every_place, *boost::unit_test::disabled()) {
  refuse_all(1);
}

BOOST_AUTO_TEST_SUITE_END()
