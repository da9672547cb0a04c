// A backend without devices. FIXTURE_… says in which one way it is broken.
#include <stdexcept>

#include "refusing.hpp"
#include "sateen/backend.h"

#if defined(FIXTURE_NEEDS_LIBRARY)
int sateen_nowhere();
#elif defined(FIXTURE_NEEDS_FUNCTION)
int sateen_function_of_nobody();
#endif

namespace {

using namespace refusing;

sateen_status device_count(uint32_t* n) {
#if defined(FIXTURE_NEEDS_LIBRARY)
  *n = static_cast<uint32_t>(sateen_nowhere());
  return SATEEN_DEVICE_ERROR;
#elif defined(FIXTURE_NEEDS_FUNCTION)
  *n = static_cast<uint32_t>(sateen_function_of_nobody());
  return SATEEN_DEVICE_ERROR;
#endif
  *n = 0;
  return SATEEN_OK;
}
sateen_status device_info(uint32_t, sateen_device_info*) {
  return SATEEN_INVALID;
}
sateen_status device_open(uint32_t, const char* const*, const sateen_host*, sateen_device**) {
  return SATEEN_INVALID;
}
void device_close(sateen_device*) {}
const char* last_error(const sateen_device*) {
  return "";
}
sateen_status finish(sateen_device*) {
  return SATEEN_INVALID;
}
const void* extension(const char*) {
  return nullptr;
}

constexpr sateen_backend make_table() {
  sateen_backend t{sizeof(sateen_backend),
                   SATEEN_ABI_MAJOR,
                   SATEEN_ABI_MINOR,
                   0,
                   "fixture",
                   "1",
                   device_count,
                   device_info,
                   device_open,
                   device_close,
                   last_error,
                   buffer_create,
                   buffer_destroy,
                   write,
                   read,
                   read_async,
                   mark,
                   event_wait,
                   event_destroy,
                   compile,
                   program_destroy,
                   run,
                   finish,
                   extension};
#if defined(FIXTURE_OLDER_MAJOR)
  t.abi_major = SATEEN_ABI_MAJOR - 1;
  t.struct_size = 64;  // an older table may well be shorter, too
#elif defined(FIXTURE_NEWER_MAJOR)
  t.abi_major = SATEEN_ABI_MAJOR + 1;
#elif defined(FIXTURE_SHORT_TABLE)
  t.struct_size = 64;
#elif defined(FIXTURE_EMPTY_ENTRY)
  t.run = nullptr;
  t.finish = nullptr;
#elif defined(FIXTURE_BAD_NAME)
  t.name = "No Such Name";
#elif defined(FIXTURE_NAMED_AUTO)
  t.name = "auto";
#elif defined(FIXTURE_TWIN_OF_CPU)
  t.name = "cpu";
#endif
  return t;
}

[[maybe_unused]] constexpr sateen_backend kTable = make_table();

}  // namespace

#if defined(FIXTURE_NO_SYMBOL)
#define ENTRY other_entry
#else
#define ENTRY sateen_backend_entry
#endif

extern "C" __attribute__((visibility("default"))) const sateen_backend* ENTRY(uint32_t, uint32_t);
extern "C" const sateen_backend* ENTRY(uint32_t /*host_major*/, uint32_t /*host_minor*/) {
#if defined(FIXTURE_THROWS)
  throw std::runtime_error("a plugin must not do this");
#elif defined(FIXTURE_NO_TABLE)
  return nullptr;
#else
  return &kTable;
#endif
}
