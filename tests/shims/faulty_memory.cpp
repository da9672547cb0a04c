// Memory that runs out when it is told to. SHIM_MEMORY:
//   fail:N       allocation N fails, with std::bad_alloc or a null pointer
//   fail-from:N  allocation N and every later one
//   count        none
// Counted from 1, from main on, are the allocations of the program and its plugins: by new in all its forms, and by
// malloc, calloc, realloc and aligned_alloc; also through the C++ library, Boost, zlib and xxHash. A driver's, a
// thread library's and those for exceptions are left alone.
// SHIM_LOG: a file that gets a line `allocations N` at the end, and `leaked N` for what came by new and was not deleted.
// Not for programs with AddressSanitizer, which brings its own.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <unordered_set>
#include <utility>

#include "caller.hpp"
#include "interpose.hpp"

// glibc's own, which nothing replaces.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t n, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void* memory);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {

/// Memory of the shim itself.
template <typename T>
struct Untouched {
  using value_type = T;
  Untouched() = default;
  template <typename U>
  Untouched(const Untouched<U>&) {}  // NOLINT(google-explicit-constructor): as allocators are made
  T* allocate(size_t n) { return static_cast<T*>(__libc_malloc(n * sizeof(T))); }  // NOLINT(bugprone-sizeof-expression)
  void deallocate(T* memory, size_t) { __libc_free(memory); }
  bool operator==(const Untouched&) const { return true; }
};
using Pointers = std::unordered_set<void*, std::hash<void*>, std::equal_to<>, Untouched<void*>>;

struct Plan {
  Plan() {
    const std::string text = shim::variable("SHIM_MEMORY");
    on = !text.empty();
    from = shim::part(text, 0) == "fail-from";
    turn = std::strtoul(shim::part(text, 1).c_str(), nullptr, 10);
  }
  bool on = false, from = false;
  unsigned long turn = 0;
};

/// What is known of the program's allocations. Never destroyed: there are some as long as the process lives.
struct State {
  const Plan plan;
  std::atomic<unsigned long> count{0};
  std::mutex mutex;
  Pointers live;
};

State* state = nullptr;  // from main on

/// Whether an allocation that was asked for at this address fails; `ours` tells whose it is.
bool fails(void* caller, bool& ours) {
  ours = state != nullptr && state->plan.on && shim::is_ours(caller);
  if (!ours) return false;
  const unsigned long number = ++state->count;
  return state->plan.from ? number >= state->plan.turn : number == state->plan.turn;
}

void* allocate(size_t bytes, size_t alignment, void* caller) {
  bool ours = false;
  if (fails(caller, ours)) return nullptr;
  void* memory = alignment == 0 ? __libc_malloc(bytes) : __libc_memalign(alignment, bytes);
  if (ours && memory != nullptr) {
    const std::lock_guard<std::mutex> lock(state->mutex);
    state->live.insert(memory);
  }
  return memory;
}

void* allocate_or_throw(size_t bytes, size_t alignment, void* caller) {
  void* memory = allocate(bytes, alignment, caller);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) {
  if (state != nullptr && state->plan.on && memory != nullptr) {
    const std::lock_guard<std::mutex> lock(state->mutex);
    state->live.erase(memory);
  }
  __libc_free(memory);
}

/// Of malloc and its kind. The C++ library's own are for exceptions.
bool plain_fails(void* caller) {
  if (state == nullptr || !state->plan.on || shim::begins(shim::library_of(caller), "libstdc++.")) return false;
  bool ours = false;
  return fails(caller, ours);
}

int (*real_main)(int, char**, char**) = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // which loads what it needs the first time
  static State& counted = *new State;
  state = &counted;
  return real_main(argc, argv, environment);
}

[[gnu::destructor]] void tell() {
  State* const counted = std::exchange(state, nullptr);
  if (counted == nullptr || !counted->plan.on) return;
  shim::note("allocations " + std::to_string(counted->count));
  shim::note("leaked " + std::to_string(counted->live.size()));
}

}  // namespace

#define CALLER __builtin_return_address(0)

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier): where main is called from
int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*loader_fini)(), void* stack) {
  real_main = main;
  return shim::next<decltype(&__libc_start_main)>("__libc_start_main")(counted_main, argc, argv, init, fini,
                                                                       loader_fini, stack);
}

void* malloc(size_t bytes) noexcept {
  return plain_fails(CALLER) ? nullptr : __libc_malloc(bytes);
}
void* calloc(size_t n, size_t bytes) noexcept {
  return plain_fails(CALLER) ? nullptr : __libc_calloc(n, bytes);
}
void* realloc(void* old, size_t bytes) noexcept {
  return plain_fails(CALLER) ? nullptr : __libc_realloc(old, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return plain_fails(CALLER) ? nullptr : __libc_memalign(alignment, bytes);
}

}  // extern "C"

void* operator new(size_t bytes) {
  return allocate_or_throw(bytes, 0, CALLER);
}
void* operator new[](size_t bytes) {
  return allocate_or_throw(bytes, 0, CALLER);
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<size_t>(alignment), CALLER);
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<size_t>(alignment), CALLER);
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 0, CALLER);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, 0, CALLER);
}
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<size_t>(alignment), CALLER);
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<size_t>(alignment), CALLER);
}

void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}
