// The stb libraries, compiled here and nowhere else.
#include "io/stb.hpp"

#include <cstdlib>
#include <new>
#include <string>

#include "sateen/error.hpp"

namespace sateen {
namespace {

/// stb asserts what a file can break, and a library must not abort.
void stb_assert(bool holds) {
  if (!holds) throw Error(ErrorCode::kBadInput, "is damaged");
}

/// Whether memory ran out since the call of stb began: the reason that stb gives may be a later one.
thread_local bool ran_out = false;

/// Zeroed: 2.27 reads tables that a damaged JPEG never defined.
void* stb_allocate(size_t bytes) {
  void* memory = std::calloc(1, bytes);
  ran_out |= memory == nullptr;
  return memory;
}

void* stb_reallocate(void* old, size_t bytes) {
  void* memory = std::realloc(old, bytes);
  ran_out |= memory == nullptr;
  return memory;
}

}  // namespace
}  // namespace sateen

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_MAX_DIMENSIONS 8192
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_ASSERT(x) sateen::stb_assert(x)
#define STBI_MALLOC(size) sateen::stb_allocate(size)
#define STBI_REALLOC(memory, size) sateen::stb_reallocate(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#define STBIR_ASSERT(x) sateen::stb_assert(x)
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(x) sateen::stb_assert(x)
#include <stb/stb_image.h>
#include <stb/stb_image_resize.h>
#include <stb/stb_image_write.h>

namespace sateen {

namespace {

[[noreturn]] void fail() {
  if (ran_out) throw std::bad_alloc();
  const char* reason = stbi_failure_reason();
  throw Error(ErrorCode::kBadInput, std::string("can't be decoded: ") + (reason != nullptr ? reason : "damaged"));
}

stbir_filter filter_for(int from, int to) {
  return to < from ? STBIR_FILTER_BOX : STBIR_FILTER_CATMULLROM;
}

}  // namespace

StbInfo stb_info(Bytes file) {
  ran_out = false;
  StbInfo info;
  const int bytes = static_cast<int>(file.size());
  if (stbi_info_from_memory(file.data(), bytes, &info.width, &info.height, &info.channels) == 0) fail();
  info.height = std::abs(info.height);  // negative in a BMP whose rows go down
  if (stbi_is_16_bit_from_memory(file.data(), bytes) != 0) info.bytes_per_sample = 2;
  return info;
}

StbImage stb_decode(Bytes file) {
  ran_out = false;
  StbImage image;
  image.samples.reset(stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &image.width, &image.height,
                                            &image.channels, 0));
  if (!image.samples) fail();
  return image;
}

std::vector<uint8_t> stb_resize(Bytes gray, int width, int height, int new_width, int new_height) {
  std::vector<uint8_t> resized(static_cast<size_t>(new_width) * static_cast<size_t>(new_height));
  const int done =
      stbir_resize(gray.data(), width, height, 0, resized.data(), new_width, new_height, 0, STBIR_TYPE_UINT8, 1,
                   STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP, filter_for(width, new_width),
                   filter_for(height, new_height), STBIR_COLORSPACE_LINEAR, nullptr);
  if (done == 0) throw std::bad_alloc();
  return resized;
}

std::vector<uint8_t> stb_encode_png(Bytes gray, int width, int height) {
  int bytes = 0;
  const MallocBytes png(stbi_write_png_to_mem(gray.data(), width, width, height, 1, &bytes));
  if (!png) throw std::bad_alloc();
  return {png.get(), png.get() + bytes};
}

}  // namespace sateen
