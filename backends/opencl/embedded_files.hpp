// Files that the build has put into the library.
#pragma once

#include <cstddef>
#include <vector>

namespace sateen::opencl {

struct EmbeddedFile {
  const char* name;
  const unsigned char* bytes;
  size_t size;
};

const std::vector<EmbeddedFile>& embedded_files();

}  // namespace sateen::opencl
