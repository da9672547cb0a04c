// A model's description in a container's header.
#include "io/model_header.hpp"

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <variant>

#include "io/json.hpp"
#include "io/utf8.hpp"
#include "sateen/checked.hpp"

namespace sateen {

namespace {

using nlohmann::json;

constexpr size_t kMaxWord = 64;

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorCode::kBadInput, what);
}

/// Fit to be put into an error as it is.
bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= kMaxWord && is_plain_text(text);
}

void check_labels(const std::vector<std::string>& labels, const Shape& output, ErrorCode code) {
  if (output.rank() != 1 || output.elements() != labels.size()) {
    throw Error(code, "the model's output is " + output.to_string() + ", which does not fit its " +
                          std::to_string(labels.size()) + " labels");
  }
  for (const std::string& label : labels) {
    if (label.empty() || label.size() > kMaxLabelBytes || !is_plain_text(label)) {
      throw Error(code, "a label is not 1 to 200 bytes of UTF-8 without control characters");
    }
  }
}

void encode_layer(const Sequential& model, size_t i, json& layers) {
  json& layer = json_append_object(layers);
  json_put(layer, "type", model.layer(i).type());
  json_put(layer, "name", model.layer_name(i));
  json& attributes = json_put_object(layer, "attributes");
  for (const auto& [name, attribute] : model.layer(i).attributes()) {
    std::visit([&, &key = name](const auto& value) { json_put(attributes, key, value); }, attribute);
  }
}

int64_t decode_integer(const json& value, const std::string& where) {
  // A number above 2⁶³−1 is unsigned and no int64.
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    bad(where + ": a number is too large");
  }
  if (!value.is_number_integer()) bad(where + ": not a whole number");
  return value.get<int64_t>();
}

Attribute decode_attribute(const json& value, const std::string& where) {
  if (value.is_number_float()) return value.get<double>();
  if (value.is_number()) return decode_integer(value, where);
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) bad(where + ": not a number, a string or an array");
  std::vector<int64_t> numbers;
  for (const json& element : value) numbers.push_back(decode_integer(element, where));
  return numbers;
}

std::string json_word(const json& object, const char* key, const std::string& where) {
  std::string word = json_string(object, key, where);
  if (!is_word(word)) bad(where + ": \"" + key + "\" is not a word of 1 to 64 bytes");
  return word;
}

Shape decode_shape(const json& object, const char* key, const std::string& where) {
  std::vector<int64_t> dims;
  for (const json& dim : json_array(object, key, where)) dims.push_back(decode_integer(dim, where));
  return Shape(std::move(dims));
}

std::shared_ptr<const Layer> decode_layer(const json& layer, const std::string& where) {
  const std::string type = json_word(layer, "type", where);
  Attributes attributes;
  for (const auto& [key, value] : json_object(layer, "attributes", where).items()) {
    if (!is_word(key)) bad(where + ": an attribute's name is not a word");
    const std::string what = where + ", " + key;
    attributes[key] = decode_attribute(value, what);
    const auto* text = std::get_if<std::string>(&attributes[key]);
    if (text != nullptr && !is_word(*text)) bad(what + ": not a word");
  }
  return make_layer(type, attributes);
}

/// Follows the shapes through the layers and counts, so that nothing is allocated for an architecture that is absurd.
void measure(ModelHeader& header) {
  constexpr auto kBadInput = ErrorCode::kBadInput;
  Shape shape = header.input;
  uint64_t activations = shape.elements();
  uint64_t operations = 0;
  for (const auto& layer : header.layers) {
    for (const ParameterSpec& spec : layer->parameters(shape)) {
      header.weights = checked_add(header.weights, spec.shape.elements(), "the number of weights", kBadInput);
    }
    operations = checked_add(operations, layer->operations(shape), "the number of operations", kBadInput);
    shape = layer->output_shape(shape);
    activations = checked_add(activations, shape.elements(), "the number of activations", kBadInput);
  }
  if (activations > kMaxActivations) {
    bad("the model's activations take more than 256 MiB for one image; no such model is loaded");
  }
  if (operations > kMaxOperations) {
    bad("the model takes more than 2^36 operations for one image; no such model is loaded");
  }
  if (header.weights == 0) bad("the model has no weights");
  check_labels(header.class_names, shape, kBadInput);
}

}  // namespace

JsonTree encode_model_header(const ModelFile& file) {
  const auto input = file.model.input_shape().dims();
  const std::string version = file.version.empty() ? SATEEN_VERSION : file.version;
  check_labels(file.class_names, file.model.output_shape(), ErrorCode::kUsage);
  if (!std::isfinite(file.preprocessing.scale) || !std::isfinite(file.preprocessing.shift)) {
    throw Error(ErrorCode::kUsage, "the preprocessing is not finite");
  }
  if (!is_word(version)) throw Error(ErrorCode::kUsage, "the version is not a word of 1 to 64 bytes");

  JsonTree header;
  json& model = json_put_object(header.root(), "model");
  json_put(model, "input", std::vector<int64_t>(input.begin(), input.end()));
  json& layers = json_put_array(model, "layers");
  for (size_t i = 0; i < file.model.layer_count(); ++i) encode_layer(file.model, i, layers);
  json& preprocessing = json_put_object(header.root(), "preprocessing");
  json_put(preprocessing, "scale", static_cast<double>(file.preprocessing.scale));
  json_put(preprocessing, "shift", static_cast<double>(file.preprocessing.shift));
  json_put(header.root(), "labels", file.class_names);
  json& provenance = json_put_object(header.root(), "provenance");
  json_put(provenance, "version", version);
  json_put(provenance, "data_hash", hex64(file.data_hash));
  json_put(provenance, "seed", hex64(file.seed));
  return header;
}

ModelHeader decode_model_header(const json& header) {
  const json& model = json_object(header, "model", "the header");
  ModelHeader decoded{decode_shape(model, "input", "the model"), {}, {}, 0, {}, {}, {}, 0, 0};
  const json& layers = json_array(model, "layers", "the model");
  if (layers.empty() || layers.size() > kMaxLayers) bad("the model does not have 1 to 1024 layers");
  for (const json& layer : layers) {
    const std::string where = "layer " + std::to_string(decoded.layers.size());
    decoded.layer_names.push_back(json_word(layer, "name", where));
    decoded.layers.push_back(decode_layer(layer, where));
  }

  const json& preprocessing = json_object(header, "preprocessing", "the header");
  decoded.preprocessing.scale = json_float(preprocessing, "scale", "the preprocessing");
  decoded.preprocessing.shift = json_float(preprocessing, "shift", "the preprocessing");

  for (const json& label : json_array(header, "labels", "the header")) {
    if (!label.is_string()) bad("a label is not a string");
    decoded.class_names.push_back(label.get<std::string>());
  }

  const json& provenance = json_object(header, "provenance", "the header");
  decoded.version = json_word(provenance, "version", "the provenance");
  decoded.data_hash = json_hex64(provenance, "data_hash", "the provenance");
  decoded.seed = json_hex64(provenance, "seed", "the provenance");
  measure(decoded);
  return decoded;
}

}  // namespace sateen
