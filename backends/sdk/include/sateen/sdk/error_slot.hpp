// Keeping what went wrong: from any exception to a status and a sentence.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "sateen/backend.h"
#include "sateen/sdk/failure.hpp"

namespace sateen::sdk {

namespace detail {

/// A status and its sentence. Keeping one never fails: without memory the sentence is a fixed one.
class ErrorSlot {
 public:
  void set(sateen_status status, const char* message) noexcept {
    status_ = status;
    try {
      text_ = message;
      fixed_ = nullptr;
    } catch (...) {
      fixed_ = "out of memory";
    }
  }
  sateen_status status() const noexcept { return status_; }
  const char* message() const noexcept { return fixed_ != nullptr ? fixed_ : text_.c_str(); }

 private:
  sateen_status status_ = SATEEN_OK;
  std::string text_;
  const char* fixed_ = nullptr;
};

/// Calls f and turns whatever it throws into `error` and a status; `late` says whether it was a LateFailure.
template <typename F>
sateen_status guard(ErrorSlot& error, bool& late, F&& f) noexcept {
  late = false;
  try {
    std::forward<F>(f)();
    return SATEEN_OK;
  } catch (const LateFailure& e) {
    late = true;
    error.set(e.status(), e.what());
  } catch (const Failure& e) {
    error.set(e.status(), e.what());
  } catch (const std::bad_alloc&) {
    error.set(SATEEN_NO_MEMORY, "the host is out of memory");
  } catch (const std::exception& e) {
    error.set(SATEEN_INTERNAL, e.what());
  } catch (...) {
    error.set(SATEEN_INTERNAL, "an unknown exception");
  }
  return error.status();
}

inline void require(bool ok, const char* message) {
  if (!ok) throw Failure(SATEEN_INVALID, message);
}

}  // namespace detail

}  // namespace sateen::sdk
