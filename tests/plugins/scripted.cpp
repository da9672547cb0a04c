// A backend with two devices that does what the environment variable SATEEN_SCRIPT says: which call fails, what it says.
#include <cstdlib>
#include <cstring>
#include <string>

#include "refusing.hpp"
#include "sateen/backend.h"

namespace {

using namespace refusing;

bool scripted(const char* word) {
  const char* script = std::getenv("SATEEN_SCRIPT");
  return script != nullptr && std::strcmp(script, word) == 0;
}

sateen_status device_count(uint32_t* n) {
  *n = 2;
  return scripted("count") || scripted("silent count") ? SATEEN_DEVICE_ERROR : SATEEN_OK;
}
sateen_status device_info(uint32_t index, sateen_device_info* io) {
  if (scripted("info")) return SATEEN_DEVICE_ERROR;
  io->type = SATEEN_DEVICE_OTHER;
  io->alignment = 4;
  io->id = index == 0 ? "scripted:0" : "scripted:1";
  io->name = "a device by the book";
  io->vendor = nullptr;
  io->driver = nullptr;
  return SATEEN_OK;
}
sateen_status device_open(uint32_t, const char* const*, const sateen_host* host, sateen_device** out) {
  if (scripted("open")) return SATEEN_NO_MEMORY;
  host->log(host->context, SATEEN_LOG_INFO, host->cache_folder != nullptr ? "keeps" : "keeps nothing");
  host->log(host->context, SATEEN_LOG_INFO, nullptr);
  host->log(host->context, 99, "loud");
  static char device;
  *out = reinterpret_cast<sateen_device*>(&device);
  return SATEEN_OK;
}
void device_close(sateen_device*) {}
const char* last_error(const sateen_device*) {
  return scripted("silent count") ? nullptr : "as the script says";
}
sateen_status finish(sateen_device*) {
  return SATEEN_OK;
}

sateen_status remarks(const char** text) {
  if (scripted("remarks")) return SATEEN_DEVICE_ERROR;
  *text = scripted("no remarks") ? nullptr : "a card without a driver\nanother one\n";
  return SATEEN_OK;
}
sateen_status describe(uint32_t, const char** text) {
  *text = "limit: none\n";
  return scripted("describe") ? SATEEN_DEVICE_ERROR : SATEEN_OK;
}
sateen_status describe_opened(sateen_device*, const char** text) {
  *text = nullptr;
  return SATEEN_OK;
}

/// What was pinned, and a line that is none; with "no choices" nothing at all.
std::string& pinned() {
  static std::string text;
  return text;
}
sateen_status choices(sateen_device*, const char** text) {
  *text = scripted("no choices") ? nullptr : pinned().c_str();
  return scripted("choices") ? SATEEN_DEVICE_ERROR : SATEEN_OK;
}
sateen_status pin(sateen_device*, const char* text) {
  pinned() = text;
  pinned() += "no choice\nbell = \a\n";
  return SATEEN_OK;
}
sateen_status candidates(sateen_device*, const char** text) {
  *text = "conv = fast: 800\nconv = wrong: refused\ndense = own: untimed\ndense = odd\nodd\n";
  return SATEEN_OK;
}

constexpr sateen_tuning kTuning = {sizeof(sateen_tuning), 0, choices, pin, candidates};
constexpr sateen_remarks kRemarks = {sizeof(sateen_remarks), 0, remarks};
constexpr sateen_describe kDescribe = {sizeof(sateen_describe), 0, describe, describe_opened};

const void* extension(const char* name) {
  if (std::strcmp(name, SATEEN_REMARKS_1) == 0) return &kRemarks;
  if (std::strcmp(name, SATEEN_DESCRIBE_1) == 0) return &kDescribe;
  if (std::strcmp(name, SATEEN_TUNING_1) == 0) return &kTuning;
  return nullptr;
}

constexpr sateen_backend kTable = {sizeof(sateen_backend),
                                   SATEEN_ABI_MAJOR,
                                   SATEEN_ABI_MINOR,
                                   0,
                                   "scripted",
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

}  // namespace

extern "C" __attribute__((visibility("default"))) const sateen_backend* sateen_backend_entry(uint32_t, uint32_t);
extern "C" const sateen_backend* sateen_backend_entry(uint32_t /*host_major*/, uint32_t /*host_minor*/) {
  return &kTable;
}
