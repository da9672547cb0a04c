// The container decoder, and what a model's header says, from memory.
#include <algorithm>

#include "container_bytes.hpp"
#include "io/container.hpp"
#include "io/model_header.hpp"
#include "sateen/error.hpp"

namespace sateen::fuzz {

namespace {

Container decode(Bytes file) {
  size_t at = 0;
  return decode_container(file.size(), [&](std::span<uint8_t> dst) {
    require(dst.size() <= file.size() - at, "no more is read than there is");
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(at), dst.size(), dst.begin());
    at += dst.size();
  });
}

/// What was read and is written again is the same to a reader.
void check_written_again(const Container& container) {
  nlohmann::json header = container.header;
  header.erase("tensors");
  const EncodedContainer encoded = encode_container(std::move(header), container.tensors);
  Input file;
  for (const Bytes chunk : encoded.chunks) file.insert(file.end(), chunk.begin(), chunk.end());
  const Container again = decode(file);
  require(again.tensors.size() == container.tensors.size(), "as many tensors");
  for (size_t i = 0; i < again.tensors.size(); ++i) {
    const ContainerTensor &a = again.tensors[i], &b = container.tensors[i];
    require(a.name == b.name && a.dtype == b.dtype && a.dims == b.dims, "the same tensors");
    require(std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end()), "the same values");
  }
}

/// For what decoded as a container: whether it describes a model or not is the same to the fuzzer.
void try_model(const Container& container) {
  try {
    decode_model_header(container.header);
  } catch (const Error& error) {
    // Shapes and layers complain of wrong arguments, which load_model turns into a bad file.
    if (error.code() != ErrorCode::kBadInput && error.code() != ErrorCode::kUsage) throw;
  }
}

}  // namespace

Outcome try_input(Bytes input) {
  const Outcome refused = has_right_checksums(input) ? Outcome::kPassed : Outcome::kRefused;
  Container container;
  try {
    container = decode(input);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return refused;
  }
  require(refused == Outcome::kPassed, "no container without right checksums");
  check_written_again(container);
  try_model(container);
  return Outcome::kAccepted;
}

void mutate(Input& input, size_t most, uint32_t choice, const Change& change) {
  mutate_container(input, most, choice, change);
}

std::vector<Input> seeds() {
  return container_seeds();
}

}  // namespace sateen::fuzz
