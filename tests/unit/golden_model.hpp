// The model of the golden files, and files taken apart and put together again.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "forge.hpp"
#include "sateen/model_file.hpp"
#include "temp_folder.hpp"

inline sateen::ModelFile golden_model(sateen::Sequential model) {
  const auto weights = model.weights();
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 17) / 8.0F - 1.0F;
  for (const sateen::Parameter& parameter : model.parameters()) {
    if (!parameter.spec.non_negative) continue;
    for (float& value : weights.subspan(parameter.offset, parameter.spec.shape.elements())) value = std::abs(value);
  }
  return {std::move(model), {1.0F / 255.0F, -0.25F}, {"left", "Größe", "Ankle boot"},
          "0.1.0",          0x0123456789ABCDEF,      std::numeric_limits<uint64_t>::max()};
}

/// Small, and with the first kinds of layers and attributes. The golden file holds it: it never changes.
inline sateen::ModelFile golden_model() {
  sateen::Sequential model({4, 4, 1});
  model.add(sateen::Conv2D(2))
      .add(sateen::LeakyReLU(0.1))
      .add(sateen::MaxPool2D({2, 2}, sateen::Padding::kSame))
      .add(sateen::Dropout(0.25))
      .add(sateen::Flatten())
      .add(sateen::Dense(3));
  return golden_model(std::move(model));
}

/// The same with batch normalisation.
inline sateen::ModelFile golden_norm_model() {
  sateen::Sequential model({4, 4, 1});
  model.add(sateen::Conv2D(2)).add(sateen::BatchNorm()).add(sateen::Flatten());
  model.add(sateen::Dense(3)).add(sateen::BatchNorm(0.5, 0.0625));
  return golden_model(std::move(model));
}

inline std::filesystem::path golden_path() {
  return std::filesystem::path(SATEEN_UNIT_DATA) / "golden-1.0.sateen";
}

inline void check_equal(const sateen::ModelFile& a, const sateen::ModelFile& b) {
  BOOST_TEST((a.model.input_shape() == b.model.input_shape()));
  BOOST_TEST_REQUIRE(a.model.layer_count() == b.model.layer_count());
  for (size_t i = 0; i < a.model.layer_count(); ++i) {
    BOOST_TEST(a.model.layer(i).type() == b.model.layer(i).type());
    BOOST_TEST(a.model.layer_name(i) == b.model.layer_name(i));
    BOOST_TEST((a.model.layer(i).attributes() == b.model.layer(i).attributes()));
  }
  BOOST_TEST(a.model.weights() == b.model.weights(), boost::test_tools::per_element());
  BOOST_TEST(a.preprocessing.scale == b.preprocessing.scale);
  BOOST_TEST(a.preprocessing.shift == b.preprocessing.shift);
  BOOST_TEST((a.class_names == b.class_names));
  BOOST_TEST(a.version == b.version);
  BOOST_TEST(a.data_hash == b.data_hash);
  BOOST_TEST(a.seed == b.seed);
}

/// The header of a file and its data, to be changed and put together again with right checksums.
struct Parts {
  nlohmann::json header;
  std::vector<uint8_t> data;

  std::vector<uint8_t> bytes() const { return Forgery{header.dump(), data}.bytes(); }
};

/// Puts other bytes into a tensor, and its right checksum into the table.
inline void put_tensor(Parts& parts, const std::string& name, size_t at, uint64_t value, size_t bytes) {
  for (nlohmann::json& tensor : parts.header["tensors"]) {
    if (tensor["name"] != name) continue;
    const size_t offset = tensor["offset"];
    for (size_t i = 0; i < bytes; ++i) parts.data[offset + at + i] = static_cast<uint8_t>(value >> (8 * i));
    tensor["hash"] = hash_text(parts.data, offset, tensor["length"]);
  }
}

/// A file taken apart.
inline Parts parts_of(const std::vector<uint8_t>& file) {
  size_t header_bytes = 0;
  for (size_t i = 0; i < 8; ++i) header_bytes |= size_t{file[16 + i]} << (8 * i);
  const size_t data = (64 + header_bytes + 63) / 64 * 64;
  return {nlohmann::json::parse(file.begin() + 64, file.begin() + 64 + static_cast<ptrdiff_t>(header_bytes)),
          {file.begin() + static_cast<ptrdiff_t>(data), file.end()}};
}

inline Parts golden_parts() {
  const TempFolder folder;
  sateen::save_model(golden_model(), folder / "m");
  return parts_of(get_file(folder / "m"));
}
