// Names of OpenCL's errors, and reading properties.
#include "cl.hpp"

namespace sateen::opencl {

namespace {

std::string trimmed(std::string text) {
  const size_t end = text.find('\0');
  if (end != std::string::npos) text.resize(end);
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

std::string error_name(cl_int code) {
#define SATEEN_CL_NAME(name) \
  case name:                 \
    return #name;
  switch (code) {
    SATEEN_CL_NAME(CL_DEVICE_NOT_FOUND)
    SATEEN_CL_NAME(CL_DEVICE_NOT_AVAILABLE)
    SATEEN_CL_NAME(CL_COMPILER_NOT_AVAILABLE)
    SATEEN_CL_NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE)
    SATEEN_CL_NAME(CL_OUT_OF_RESOURCES)
    SATEEN_CL_NAME(CL_OUT_OF_HOST_MEMORY)
    SATEEN_CL_NAME(CL_PROFILING_INFO_NOT_AVAILABLE)
    SATEEN_CL_NAME(CL_MEM_COPY_OVERLAP)
    SATEEN_CL_NAME(CL_BUILD_PROGRAM_FAILURE)
    SATEEN_CL_NAME(CL_MAP_FAILURE)
    SATEEN_CL_NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET)
    SATEEN_CL_NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
    SATEEN_CL_NAME(CL_COMPILE_PROGRAM_FAILURE)
    SATEEN_CL_NAME(CL_LINKER_NOT_AVAILABLE)
    SATEEN_CL_NAME(CL_LINK_PROGRAM_FAILURE)
    SATEEN_CL_NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE)
    SATEEN_CL_NAME(CL_INVALID_VALUE)
    SATEEN_CL_NAME(CL_INVALID_DEVICE_TYPE)
    SATEEN_CL_NAME(CL_INVALID_PLATFORM)
    SATEEN_CL_NAME(CL_INVALID_DEVICE)
    SATEEN_CL_NAME(CL_INVALID_CONTEXT)
    SATEEN_CL_NAME(CL_INVALID_QUEUE_PROPERTIES)
    SATEEN_CL_NAME(CL_INVALID_COMMAND_QUEUE)
    SATEEN_CL_NAME(CL_INVALID_HOST_PTR)
    SATEEN_CL_NAME(CL_INVALID_MEM_OBJECT)
    SATEEN_CL_NAME(CL_INVALID_BINARY)
    SATEEN_CL_NAME(CL_INVALID_BUILD_OPTIONS)
    SATEEN_CL_NAME(CL_INVALID_PROGRAM)
    SATEEN_CL_NAME(CL_INVALID_PROGRAM_EXECUTABLE)
    SATEEN_CL_NAME(CL_INVALID_KERNEL_NAME)
    SATEEN_CL_NAME(CL_INVALID_KERNEL_DEFINITION)
    SATEEN_CL_NAME(CL_INVALID_KERNEL)
    SATEEN_CL_NAME(CL_INVALID_ARG_INDEX)
    SATEEN_CL_NAME(CL_INVALID_ARG_VALUE)
    SATEEN_CL_NAME(CL_INVALID_ARG_SIZE)
    SATEEN_CL_NAME(CL_INVALID_KERNEL_ARGS)
    SATEEN_CL_NAME(CL_INVALID_WORK_DIMENSION)
    SATEEN_CL_NAME(CL_INVALID_WORK_GROUP_SIZE)
    SATEEN_CL_NAME(CL_INVALID_WORK_ITEM_SIZE)
    SATEEN_CL_NAME(CL_INVALID_GLOBAL_OFFSET)
    SATEEN_CL_NAME(CL_INVALID_EVENT_WAIT_LIST)
    SATEEN_CL_NAME(CL_INVALID_EVENT)
    SATEEN_CL_NAME(CL_INVALID_OPERATION)
    SATEEN_CL_NAME(CL_INVALID_BUFFER_SIZE)
    SATEEN_CL_NAME(CL_INVALID_GLOBAL_WORK_SIZE)
    SATEEN_CL_NAME(CL_INVALID_PROPERTY)
    SATEEN_CL_NAME(CL_INVALID_COMPILER_OPTIONS)
    SATEEN_CL_NAME(CL_INVALID_LINKER_OPTIONS)
    SATEEN_CL_NAME(CL_PLATFORM_NOT_FOUND_KHR)
    default:
      return sdk::text(code < CL_PLATFORM_NOT_FOUND_KHR ? "CLBlast's error " : "OpenCL error ", code);
  }
#undef SATEEN_CL_NAME
}

sateen_status status_of(cl_int code) {
  switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_HOST_MEMORY:
    case CL_INVALID_BUFFER_SIZE:
      return SATEEN_NO_MEMORY;
    default:
      return SATEEN_DEVICE_ERROR;
  }
}

void check(cl_int code, const std::string& what) {
  if (code != CL_SUCCESS) throw sdk::Failure(status_of(code), sdk::text(what, " failed with ", error_name(code)));
}

std::string needed_text(std::string text, const char* what) {
  if (text.empty()) throw sdk::Failure(SATEEN_DEVICE_ERROR, sdk::text("the driver does not tell its ", what));
  return text;
}

std::string device_text(cl_device_id device, cl_device_info what) {
  size_t bytes = 0;
  if (driver().device_info(device, what, 0, nullptr, &bytes) != CL_SUCCESS) return {};
  std::string text(bytes, '\0');
  if (driver().device_info(device, what, bytes, text.data(), nullptr) != CL_SUCCESS) return {};
  return trimmed(std::move(text));
}

std::string platform_text(cl_platform_id platform, cl_platform_info what) {
  size_t bytes = 0;
  if (driver().platform_info(platform, what, 0, nullptr, &bytes) != CL_SUCCESS) return {};
  std::string text(bytes, '\0');
  if (driver().platform_info(platform, what, bytes, text.data(), nullptr) != CL_SUCCESS) return {};
  return trimmed(std::move(text));
}

}  // namespace sateen::opencl
