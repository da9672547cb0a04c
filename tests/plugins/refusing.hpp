// What a plugin of the tests does that never gets as far as a buffer: it refuses.
#pragma once

#include "sateen/backend.h"

namespace refusing {

inline sateen_status buffer_create(sateen_device*, uint64_t, sateen_buffer**) {
  return SATEEN_INVALID;
}
inline void buffer_destroy(sateen_device*, sateen_buffer*) {}
inline sateen_status write(sateen_device*, sateen_buffer*, uint64_t, const void*, uint64_t) {
  return SATEEN_INVALID;
}
inline sateen_status read(sateen_device*, void*, const sateen_buffer*, uint64_t, uint64_t) {
  return SATEEN_INVALID;
}
inline sateen_status read_async(sateen_device*, void*, const sateen_buffer*, uint64_t, uint64_t, sateen_event**) {
  return SATEEN_INVALID;
}
inline sateen_status mark(sateen_device*, sateen_event**) {
  return SATEEN_INVALID;
}
inline sateen_status event_wait(sateen_event*, uint64_t) {
  return SATEEN_INVALID;
}
inline void event_destroy(sateen_event*) {}
inline sateen_status compile(sateen_device*, const sateen_graph*, uint8_t*, sateen_program**) {
  return SATEEN_INVALID;
}
inline void program_destroy(sateen_device*, sateen_program*) {}
inline sateen_status run(sateen_device*, sateen_program*, const sateen_binding*, uint32_t) {
  return SATEEN_INVALID;
}

}  // namespace refusing
