// The contract's rules about devices and buffers.
#include <algorithm>
#include <thread>

#include "raw_graph.hpp"
#include "sateen/error.hpp"
#include "suite.hpp"

namespace conformance {
namespace {

const sateen_backend& table() {
  return target().table();
}
sateen_device* handle() {
  return target().handle();
}

void the_table() {
  const sateen_backend& t = table();
  BOOST_TEST(t.struct_size >= sizeof(sateen_backend));
  BOOST_TEST(t.abi_major == SATEEN_ABI_MAJOR);
  const std::string name = t.name;
  BOOST_TEST(!name.empty());
  BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
  BOOST_TEST(!std::string(t.version).empty());
  BOOST_TEST(t.extension("no.such.extension/1") == nullptr);
  BOOST_TEST(t.last_error(nullptr) != nullptr);
  BOOST_TEST(t.last_error(handle()) != nullptr);
}

void infos() {
  uint32_t n = 0;
  BOOST_REQUIRE(table().device_count(&n) == SATEEN_OK);
  BOOST_REQUIRE(n > 0);
  for (uint32_t i = 0; i < n; ++i) {
    sateen_device_info info{};
    info.struct_size = sizeof info;
    BOOST_REQUIRE(table().device_info(i, &info) == SATEEN_OK);
    BOOST_TEST(info.struct_size == sizeof info);
    BOOST_TEST((info.type >= SATEEN_DEVICE_CPU && info.type <= SATEEN_DEVICE_OTHER));
    BOOST_TEST((info.alignment >= 4 && (info.alignment & (info.alignment - 1)) == 0));
    BOOST_TEST(info.reserved == 0);
    BOOST_TEST((info.memory_bytes > 0 && info.max_allocation_bytes > 0));
    BOOST_TEST((info.id != nullptr && info.name != nullptr && info.vendor != nullptr && info.driver != nullptr));
    BOOST_TEST(!std::string(info.id).empty());
  }
  sateen_device_info info{};
  info.struct_size = sizeof info;
  BOOST_TEST(table().device_info(n, &info) == SATEEN_INVALID);
  BOOST_TEST(table().device_info(0xffffffffU, &info) == SATEEN_INVALID);
  BOOST_TEST(!std::string(table().last_error(nullptr)).empty());
}

/// An older host's shorter structure: nothing past it is written.
void short_info() {
  unsigned char memory[sizeof(sateen_device_info)];
  std::fill(std::begin(memory), std::end(memory), static_cast<unsigned char>(0xee));
  const uint32_t size = 32;
  std::memcpy(memory, &size, sizeof size);
  BOOST_REQUIRE(table().device_info(0, reinterpret_cast<sateen_device_info*>(memory)) == SATEEN_OK);
  BOOST_TEST(std::all_of(memory + size, std::end(memory), [](unsigned char c) { return c == 0xee; }));
}

void quiet(void*, uint32_t, const char*) {}
const sateen_host kHost = {sizeof(sateen_host), SATEEN_ABI_MAJOR, SATEEN_ABI_MINOR, 0, nullptr, quiet, nullptr};

void opening_is_refused() {
  auto* const sentinel = reinterpret_cast<sateen_device*>(&target());
  sateen_device* device = sentinel;
  const auto refused = [&](uint32_t index, const char* option) {
    const char* const options[] = {option, nullptr};
    BOOST_TEST_CONTEXT("device " << index << ", option " << option) {
      BOOST_TEST(table().device_open(index, options, &kHost, &device) == SATEEN_INVALID);
      BOOST_TEST(device == sentinel);
      BOOST_TEST(!std::string(table().last_error(nullptr)).empty());
    }
  };
  for (const char* option : {"no_such_option=1", "no_such_option", "=1", "", "profile=", "profile=2", "PROFILE=1"})
    refused(0, option);
  refused(0, "no_such_option=1");
  BOOST_TEST(std::string(table().last_error(nullptr)).find("no_such_option") != std::string::npos);
  refused(0xffffffffU, "profile=0");
}

void opened_and_closed() {
  for (const char* profile : {"profile=0", "profile=1"}) {
    const char* const options[] = {profile, nullptr};
    sateen_device* device = nullptr;
    BOOST_REQUIRE(table().device_open(0, options, &kHost, &device) == SATEEN_OK);
    BOOST_TEST(std::string(table().last_error(device)).empty());
    BOOST_TEST(table().finish(device) == SATEEN_OK);
    table().device_close(device);
  }
  sateen_device* device = nullptr;
  BOOST_REQUIRE(table().device_open(0, nullptr, &kHost, &device) == SATEEN_OK);
  table().device_close(device);
}

void null_is_allowed() {
  table().device_close(nullptr);
  table().buffer_destroy(handle(), nullptr);
  table().program_destroy(handle(), nullptr);
  table().event_destroy(nullptr);
  expect_usable(target());
}

void buffer_sizes() {
  auto* const sentinel = reinterpret_cast<sateen_buffer*>(&target());
  sateen_buffer* buffer = sentinel;
  BOOST_TEST(table().buffer_create(handle(), 0, &buffer) == SATEEN_INVALID);
  BOOST_TEST(!target().last_error().empty());
  const uint64_t most = target().device().info().max_allocation_bytes;
  for (const uint64_t bytes : {UINT64_MAX, UINT64_MAX - 63, uint64_t{1} << 60, uint64_t{1} << 63, most + 1}) {
    BOOST_TEST_CONTEXT(bytes << " bytes") {
      BOOST_TEST(table().buffer_create(handle(), bytes, &buffer) == SATEEN_NO_MEMORY);
      BOOST_TEST(!target().last_error().empty());
      BOOST_TEST(buffer == sentinel);
      expect_usable(target());
    }
  }
  for (const uint64_t bytes : {1U, 2U, 3U, 5U, 63U, 65U}) {
    BOOST_REQUIRE(table().buffer_create(handle(), bytes, &buffer) == SATEEN_OK);
    const Bytes data(bytes, 0xab);
    Bytes back(bytes);
    BOOST_TEST(table().write(handle(), buffer, 0, data.data(), bytes) == SATEEN_OK);
    BOOST_TEST(table().read(handle(), back.data(), buffer, 0, bytes) == SATEEN_OK);
    BOOST_TEST((back == data));
    table().buffer_destroy(handle(), buffer);
  }
}

/// Any offset and length inside, none outside.
void copies() {
  const std::vector<float> data(25, 0.0F);  // 100 bytes
  const RawBuffer buffer(target(), data);
  Bytes host(100);
  for (size_t i = 0; i < host.size(); ++i) host[i] = static_cast<unsigned char>(i);
  BOOST_TEST(table().write(handle(), buffer.handle, 0, host.data(), 100) == SATEEN_OK);
  const unsigned char some[] = {0xaa, 0xbb, 0xcc};
  BOOST_TEST(table().write(handle(), buffer.handle, 97, some, 3) == SATEEN_OK);
  BOOST_TEST(table().write(handle(), buffer.handle, 41, some, 1) == SATEEN_OK);
  std::copy(std::begin(some), std::end(some), host.begin() + 97);
  host[41] = 0xaa;
  Bytes back(100);
  BOOST_TEST(table().read(handle(), back.data(), buffer.handle, 0, 100) == SATEEN_OK);
  BOOST_TEST((back == host));
  BOOST_TEST(table().read(handle(), back.data(), buffer.handle, 33, 9) == SATEEN_OK);
  BOOST_TEST(std::equal(back.begin(), back.begin() + 9, host.begin() + 33));

  BOOST_TEST(table().write(handle(), buffer.handle, 5, nullptr, 0) == SATEEN_OK);
  BOOST_TEST(table().read(handle(), nullptr, buffer.handle, 100, 0) == SATEEN_OK);
  const std::pair<uint64_t, uint64_t> outside[] = {
      {0, 101}, {1, 100}, {100, 1}, {101, 1}, {UINT64_MAX, 1}, {UINT64_MAX - 1, 4}, {4, UINT64_MAX - 1}};
  for (const auto& [offset, bytes] : outside) {
    BOOST_TEST_CONTEXT("offset " << offset << ", " << bytes << " bytes") {
      BOOST_TEST(table().write(handle(), buffer.handle, offset, host.data(), bytes) == SATEEN_INVALID);
      BOOST_TEST(table().read(handle(), back.data(), buffer.handle, offset, bytes) == SATEEN_INVALID);
      BOOST_TEST(!target().last_error().empty());
    }
  }
  back.assign(100, 0);
  BOOST_TEST(table().read(handle(), back.data(), buffer.handle, 0, 100) == SATEEN_OK);
  BOOST_TEST((back == host));
}

/// Two devices of their own, each on a thread.
void two_devices_at_once() {
  const auto work = [](bool* right) {
    const auto floats = [](float x) { return std::vector<float>(5000, x); };
    sateen_device* device = nullptr;
    if (table().device_open(0, nullptr, &kHost, &device) != SATEEN_OK) return;
    *right = true;
    for (int i = 0; i < 50; ++i) {
      sateen_buffer* buffer = nullptr;
      std::vector<float> back(5000);
      const std::vector<float> data = floats(static_cast<float>(i));
      *right = *right && table().buffer_create(device, 20000, &buffer) == SATEEN_OK &&
               table().write(device, buffer, 0, data.data(), 20000) == SATEEN_OK &&
               table().read(device, back.data(), buffer, 0, 20000) == SATEEN_OK && back == data;
      table().buffer_destroy(device, buffer);
    }
    table().device_close(device);
  };
  bool first = false, second = false;
  std::thread a(work, &first), b(work, &second);
  a.join();
  b.join();
  BOOST_TEST(first);
  BOOST_TEST(second);
}

/// What core makes of these failures.
void public_api_throws() {
  sateen::Device& device = target().device();
  const auto has = [](sateen::ErrorCode code) {
    return [code](const sateen::Error& e) { return e.code() == code && !std::string(e.what()).empty(); };
  };
  BOOST_CHECK_EXCEPTION(device.create_buffer(uint64_t{1} << 60), sateen::Error, has(sateen::ErrorCode::kNoMemory));
  sateen::Buffer buffer = device.create_buffer(100);
  unsigned char byte = 0;
  BOOST_CHECK_EXCEPTION(buffer.read(&byte, 1, 100), sateen::Error, has(sateen::ErrorCode::kUsage));
  BOOST_CHECK_EXCEPTION(buffer.write(&byte, 1, 100), sateen::Error, has(sateen::ErrorCode::kUsage));
}

}  // namespace

boost::unit_test::test_suite* device_rules_suite() {
  boost::unit_test::test_suite* suite = BOOST_TEST_SUITE("device_rules");
  add_test(*suite, "the_table", the_table);
  add_test(*suite, "infos", infos);
  add_test(*suite, "short_info", short_info);
  add_test(*suite, "opening_is_refused", opening_is_refused);
  add_test(*suite, "opened_and_closed", opened_and_closed);
  add_test(*suite, "null_is_allowed", null_is_allowed);
  add_test(*suite, "buffer_sizes", buffer_sizes);
  add_test(*suite, "copies", copies);
  add_test(*suite, "two_devices_at_once", two_devices_at_once);
  add_test(*suite, "public_api_throws", public_api_throws);
  return suite;
}

}  // namespace conformance
