# How every target of the project is compiled: language level, warnings as errors, hidden symbols, sanitizers.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

function(sateen_compile target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 CXX_EXTENSIONS OFF C_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2 -Wundef
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
  # GCC 12 sees overlaps in std::string's operator+ that are not there (its bug 105651).
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(SATEEN_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${SATEEN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${SATEEN_SANITIZE})
  endif()
endfunction()

# Headers of the standard library that most files read: parsing them is a third of a small file's time.
set(SATEEN_COMMON_HEADERS <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <functional> <limits> <memory> <optional>
  <span> <sstream> <string> <string_view> <system_error> <utility> <vector>)

# sateen_precompile(TARGET [HEADER…]): those and these others are parsed once for all files of the target.
# sateen_precompile(TARGET AS OTHER): as they were for the other one, which has the same options and definitions.
# Only others' headers: a change to one of the project's own would compile all anew. A file includes what it needs all the
# same: builds without any of this say where it does not, as scripts/lint and those with ccache, which could no longer
# share what it keeps between two build folders.
function(sateen_precompile target)
  if(NOT PROJECT_IS_TOP_LEVEL OR CMAKE_DISABLE_PRECOMPILE_HEADERS OR CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
    return()
  endif()
  # GCC keeps no `#pragma GCC diagnostic` of a precompiled header, and libstdc++'s char_traits.h has these off: they see
  # copies of strings that are not there.
  foreach(warning stringop-overflow stringop-overread array-bounds)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-${warning}>)
  endforeach()
  if("${ARGV1}" STREQUAL "AS")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN} ${SATEEN_COMMON_HEADERS})
  endif()
endfunction()
