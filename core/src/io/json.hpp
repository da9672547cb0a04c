// JSON from files that may be hostile: strict, bounded, no key twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace sateen {

constexpr size_t kMaxJsonBytes = size_t{1} << 20;
constexpr size_t kMaxJsonDepth = 8;

/// Throws Error(kBadInput) unless text is one JSON value of at most kMaxJsonBytes, nested at most kMaxJsonDepth deep,
/// well-formed UTF-8, without a key twice in one object. Deep nesting costs no stack.
nlohmann::json parse_json(std::string_view text);

// Members of an object by type. where: "tensor 3", for the error. They throw Error(kBadInput).
const nlohmann::json& json_member(const nlohmann::json& object, const char* key, std::string_view where);
const nlohmann::json& json_object(const nlohmann::json& object, const char* key, std::string_view where);
const nlohmann::json& json_array(const nlohmann::json& object, const char* key, std::string_view where);
std::string json_string(const nlohmann::json& object, const char* key, std::string_view where);
uint64_t json_u64(const nlohmann::json& object, const char* key, std::string_view where);
float json_float(const nlohmann::json& object, const char* key, std::string_view where);
/// A u64 as 16 lower-case hexadecimal digits: JSON's numbers are doubles to many readers.
uint64_t json_hex64(const nlohmann::json& object, const char* key, std::string_view where);
std::string hex64(uint64_t value);

}  // namespace sateen
