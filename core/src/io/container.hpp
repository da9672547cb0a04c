// The .sateen container: a preamble, a JSON header, tensors; all of it checked. docs/file-format.md has the layout.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/bytes.hpp"
#include "io/json.hpp"
#include "sateen/graph.hpp"

namespace sateen {

constexpr uint64_t kPreambleBytes = 64;
constexpr uint64_t kContainerAlignment = 64;
constexpr uint16_t kContainerMajor = 1;
constexpr uint16_t kContainerMinor = 0;
constexpr size_t kMaxTensors = 4096;
constexpr size_t kMaxTensorRank = 8;
constexpr size_t kMaxTensorName = 128;

/// A named tensor. Its bytes belong to someone else: the caller of encode, or the Container.
struct ContainerTensor {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> dims;
  Bytes data;
  uint64_t hash = 0;  ///< of data, in a file that was read
};

/// A file in the making: what has to be written, in order. The tensors' bytes are borrowed.
struct EncodedContainer {
  std::vector<uint8_t> head;  ///< preamble, header, padding
  std::vector<Bytes> chunks;  ///< head and the rest

  EncodedContainer() = default;
  EncodedContainer(EncodedContainer&&) = default;
  EncodedContainer& operator=(EncodedContainer&&) = default;
  EncodedContainer(const EncodedContainer&) = delete;
  EncodedContainer& operator=(const EncodedContainer&) = delete;
};

/// header: an object without the key "tensors", which is added. The same arguments give the same bytes. Throws
/// Error(kUsage) where the format's limits don't allow them.
EncodedContainer encode_container(JsonTree header, std::span<const ContainerTensor> tensors);

/// A file that was read and verified.
struct Container {
  uint16_t minor = 0;  ///< version; the major one is kContainerMajor
  uint64_t header_hash = 0;
  JsonTree header;
  std::vector<ContainerTensor> tensors;  ///< in the order of the file; data lies in bytes
  std::vector<uint8_t> bytes;

  Container() = default;
  Container(Container&&) = default;
  Container& operator=(Container&&) = default;
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
};

/// Looks at a header, and at how many bytes of tensors follow, before these are read; throws to refuse them.
using JudgeContainer = std::function<void(const nlohmann::json& header, uint64_t data_bytes)>;

/// Reads a container of file_bytes bytes. read fills what it is given with the next bytes of the file. What the file
/// says is believed, and memory taken, only after its checksum and the limits were checked. Throws Error(kBadInput).
Container decode_container(uint64_t file_bytes, const std::function<void(std::span<uint8_t>)>& read,
                           const JudgeContainer& judge = {});

}  // namespace sateen
