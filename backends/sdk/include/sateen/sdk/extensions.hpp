// The extensions of the contract that a backend class has by what it offers: see adaptor.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "sateen/backend.h"
#include "sateen/sdk/calls.hpp"
#include "sateen/sdk/peak.hpp"
#include "sateen/sdk/profile.hpp"
#include "sateen/sdk/tuning.hpp"

namespace sateen::sdk::detail {

template <typename B>
class Extensions : protected Calls<B> {
 protected:
  using typename Calls<B>::DeviceBox;
  using Calls<B>::box;
  using Calls<B>::call;
  using Calls<B>::check_index;

 private:
  static void check_profile(const DeviceBox& device, const sateen_program* program) {
    require(program != nullptr, "the program is NULL");
    require(box(program)->device == &device, "the program belongs to another device");
    require(device.profile, "there are no times: the device was opened without profile=1");
  }

  static sateen_status profile_count(sateen_device* handle, const sateen_program* program, uint32_t* n) noexcept {
    return call(handle, [&](DeviceBox& device) {
      check_profile(device, program);
      require(n != nullptr, "n is NULL");
      *n = static_cast<uint32_t>(box(program)->impl->profile_count());
    });
  }

  static sateen_status profile_entry(sateen_device* handle, const sateen_program* program, uint32_t index,
                                     sateen_op_profile* io) noexcept {
    return call(handle, [&](DeviceBox& device) {
      check_profile(device, program);
      require(io != nullptr, "io is NULL");
      require(io->struct_size >= sizeof(io->struct_size), "struct_size is too small");
      const size_t count = box(program)->impl->profile_count();
      if (index >= count) throw Failure(SATEEN_INVALID, text("there is no entry ", index, "; there are ", count));
      device.impl->finish();
      const OpTime time = box(program)->impl->profile(index);
      const uint32_t size = std::min(io->struct_size, uint32_t{sizeof(sateen_op_profile)});
      const sateen_op_profile filled = {size, 0, time.runs, time.nanoseconds, time.name};
      std::memcpy(io, &filled, size);
    });
  }

  static sateen_status describe_device(uint32_t index, const char** text) noexcept {
    return call([&] {
      require(text != nullptr, "text is NULL");
      check_index(index);
      *text = B::describe(index).c_str();
    });
  }

  static sateen_status describe_opened(sateen_device* handle, const char** text) noexcept {
    return call(handle, [&](DeviceBox& device) {
      require(text != nullptr, "text is NULL");
      device.description = device.impl->describe();
      *text = device.description.c_str();
    });
  }

  static sateen_status tuning_choices(sateen_device* handle, const char** text) noexcept {
    return call(handle, [&](DeviceBox& device) {
      require(text != nullptr, "text is NULL");
      device.description = choices_text(device.impl->choices());
      *text = device.description.c_str();
    });
  }

  static sateen_status tuning_pin(sateen_device* handle, const char* choices) noexcept {
    return call(handle, [&](DeviceBox& device) {
      require(choices != nullptr, "the choices are NULL");
      device.impl->pin(choices_in(choices));
    });
  }

  static sateen_status tuning_candidates(sateen_device* handle, const char** text) noexcept {
    return call(handle, [&](DeviceBox& device) {
      require(text != nullptr, "text is NULL");
      device.description = device.impl->candidates();
      *text = device.description.c_str();
    });
  }

  static sateen_status measure_peak(sateen_device* handle, sateen_peak_rates* io) noexcept {
    return call(handle, [&](DeviceBox& device) {
      require(io != nullptr, "io is NULL");
      require(io->struct_size >= sizeof(io->struct_size), "struct_size is too small");
      device.impl->finish();
      const PeakRates rates = device.impl->measure_peak();
      const uint32_t size = std::min(io->struct_size, uint32_t{sizeof(sateen_peak_rates)});
      const sateen_peak_rates filled = {size, 0, rates.flops, rates.bytes_per_second};
      std::memcpy(io, &filled, size);
    });
  }

 protected:
  static const void* extension(const char* name) noexcept {
    if (name == nullptr) return nullptr;
    if constexpr (requires(typename B::Device & device) {
                    B::describe(0U);
                    device.describe();
                  }) {
      static constexpr sateen_describe kDescribe = {sizeof(sateen_describe), 0, describe_device, describe_opened};
      if (std::strcmp(name, SATEEN_DESCRIBE_1) == 0) return &kDescribe;
    }
    if constexpr (Profiled<typename B::Program>) {
      static constexpr sateen_profile kProfile = {sizeof(sateen_profile), 0, profile_count, profile_entry};
      if (std::strcmp(name, SATEEN_PROFILE_1) == 0) return &kProfile;
    }
    if constexpr (Tuned<typename B::Device>) {
      static constexpr sateen_tuning kTuning = {sizeof(sateen_tuning), 0, tuning_choices, tuning_pin,
                                                tuning_candidates};
      if (std::strcmp(name, SATEEN_TUNING_1) == 0) return &kTuning;
    }
    if constexpr (MeasuresPeak<typename B::Device>) {
      static constexpr sateen_peak kPeak = {sizeof(sateen_peak), 0, measure_peak};
      if (std::strcmp(name, SATEEN_PEAK_1) == 0) return &kPeak;
    }
    const void* table = nullptr;
    if constexpr (requires { B::extension(name); }) call([&] { table = B::extension(name); });
    return table;
  }
};

}  // namespace sateen::sdk::detail
