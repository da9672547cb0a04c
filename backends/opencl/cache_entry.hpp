// One entry of the program cache as bytes. It needs no OpenCL.
#pragma once

#include <string>
#include <vector>

namespace sateen::opencl {

/// In little-endian order: 8 bytes "SATEENCL"; u64 the key's length; u64 the program's; u64 XXH3-64 of the two; the key,
/// the program.
constexpr size_t kCacheEntryHeader = 32;

std::vector<unsigned char> cache_entry(const std::string& key, const std::vector<unsigned char>& program);

/// The program in an entry, or nothing where it is not whole or another key's.
std::vector<unsigned char> program_in(const std::vector<unsigned char>& entry, const std::string& key);

}  // namespace sateen::opencl
