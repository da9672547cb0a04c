# The OpenCL runtimes that tests run on by name, and tests whose process sees one of them and no other.
set(SATEEN_RUNTIMES pocl intel)

find_file(SATEEN_POCL_ICD pocl.icd PATHS /etc/OpenCL/vendors /usr/share/OpenCL/vendors NO_DEFAULT_PATH
  DOC "The file that names PoCL's library")
mark_as_advanced(SATEEN_POCL_ICD)
if(SATEEN_POCL_ICD)
  set(SATEEN_RUNTIME_pocl_ICD "${SATEEN_POCL_ICD}")
else()
  set(SATEEN_RUNTIME_pocl_ICD /etc/OpenCL/vendors/pocl.icd)
endif()
set(SATEEN_RUNTIME_pocl_DRIVER "Portable Computing Language")
set(SATEEN_RUNTIME_pocl_LEAKS "${CMAKE_CURRENT_LIST_DIR}/pocl-leaks.supp")

# Made by scripts/intel-runtime. It needs a newer oneTBB than Debian's, and a process has room for one.
set(SATEEN_RUNTIME_intel_ICD "${PROJECT_SOURCE_DIR}/build/intel-runtime/vendors/intel.icd")
set(SATEEN_RUNTIME_intel_DRIVER "Intel(R) OpenCL")
set(SATEEN_RUNTIME_intel_LIBRARIES "${PROJECT_SOURCE_DIR}/build/intel-runtime/lib")
set(SATEEN_RUNTIME_intel_LEAKS "${CMAKE_CURRENT_LIST_DIR}/intel-leaks.supp")

# sateen_use_runtime(TEST RUNTIME): the test's process sees this runtime alone; its code 77 is a skip.
function(sateen_use_runtime test runtime)
  set(changes "OCL_ICD_VENDORS=set:${SATEEN_RUNTIME_${runtime}_ICD}"
    "SATEEN_CACHE_DIR=set:${PROJECT_BINARY_DIR}/test-cache" "SATEEN_TUNE=set:off")
  if(SATEEN_RUNTIME_${runtime}_LIBRARIES)
    list(APPEND changes "LD_LIBRARY_PATH=path_list_prepend:${SATEEN_RUNTIME_${runtime}_LIBRARIES}")
  endif()
  if(SATEEN_SANITIZE)
    # The leak checker of clang 14 can misread the thread-local memory of a library loaded late, and crash.
    list(APPEND changes "ASAN_OPTIONS=set:intercept_tls_get_addr=0")
    if(SATEEN_RUNTIME_${runtime}_LEAKS)
      list(APPEND changes "LSAN_OPTIONS=set:suppressions=${SATEEN_RUNTIME_${runtime}_LEAKS}")
    endif()
  endif()
  set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT_MODIFICATION "${changes}")
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

# sateen_opencl_test(FAMILY RUNTIME [LONG] [WORDS] [VARIANT NAME] COMMAND PROGRAM [OPTION…]
#                    [TARGET TARGET_OPTION…] [PROPERTIES NAME VALUE…])
# adds FAMILY.opencl.RUNTIME[.VARIANT], a program that takes target options: after "--", or among its own with WORDS. It is skipped where the runtime is not
# installed, and fails where it is and the program finds another. A sanitizer build, where all takes many times as long,
# has the tests on PoCL alone. LONG: for ctest -C Long alone.
function(sateen_opencl_test family runtime)
  cmake_parse_arguments(PARSE_ARGV 2 arg "LONG;WORDS" "VARIANT" "COMMAND;TARGET;PROPERTIES")
  if(SATEEN_SANITIZE AND NOT runtime STREQUAL "pocl")
    return()
  endif()
  set(name "${family}.opencl.${runtime}")
  if(arg_VARIANT)
    string(APPEND name ".${arg_VARIANT}")
  endif()
  set(when)
  if(arg_LONG)
    set(when CONFIGURATIONS Long)
  endif()
  set(separator --)
  if(arg_WORDS)
    set(separator)
  endif()
  add_test(NAME ${name} ${when} COMMAND ${arg_COMMAND} ${separator} --backend opencl --needs-file "${SATEEN_RUNTIME_${runtime}_ICD}"
    --expect-driver "${SATEEN_RUNTIME_${runtime}_DRIVER}" ${arg_TARGET})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ${arg_PROPERTIES})
  sateen_use_runtime(${name} ${runtime})
endfunction()
