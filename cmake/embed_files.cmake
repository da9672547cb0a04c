# Writes a C++ file that holds the bytes of some files:
#   cmake "-DFILES=a.cl,b.cl" -DOUTPUT=embedded.cpp -P embed_files.cmake
# Bytes, not strings: compilers limit the length of a string literal.
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kFile${index}[] = {  // ${name}\n    ${bytes}};\n")
  string(APPEND table "      {\"${name}\", kFile${index}, sizeof kFile${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/embed_files.cmake.
#include \"embedded_files.hpp\"

namespace sateen::opencl {
namespace {
${arrays}}  // namespace

const std::vector<EmbeddedFile>& embedded_files() {
  static const std::vector<EmbeddedFile> kFiles = {
${table}  };
  return kFiles;
}

}  // namespace sateen::opencl
")
