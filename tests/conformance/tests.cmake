# The conformance tests: each backend and runtime, and a check that some options change no byte. Code 77 is a skip, with its
# reason on the output.
add_executable(sateen-conformance-same-bytes conformance/same_bytes.cpp conformance/target_words.cpp)
sateen_compile(sateen-conformance-same-bytes)
target_link_libraries(sateen-conformance-same-bytes PRIVATE sateen_conformance sateen_core Boost::program_options)

function(sateen_conformance_test name)
  add_test(NAME conformance.${name} COMMAND ${ARGN})
  set_tests_properties(conformance.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endfunction()

sateen_conformance_test(cpu sateen-conformance)
sateen_conformance_test(cpu.isa-avx512 sateen-conformance --option isa=avx512 --needs avx512)
sateen_conformance_test(cpu.isa-avx2 sateen-conformance --option isa=avx2 --needs avx2)
sateen_conformance_test(cpu.isa-baseline sateen-conformance --option isa=baseline)
sateen_conformance_test(cpu.threads sateen-conformance-same-bytes --log_level=error --
  --backend cpu --vary threads=1 --vary threads=2 --vary threads=8)
sateen_conformance_test(cpu.threads-baseline sateen-conformance-same-bytes --log_level=error --
  --backend cpu --option isa=baseline --vary threads=1 --vary threads=8)

# A backend of two kinds of operations. What it leaves out is in its list.
if(TARGET sateen_plain)
  sateen_conformance_test(plain sateen-conformance --backend "$<TARGET_FILE:sateen_plain>"
    --unsupported "${PROJECT_SOURCE_DIR}/examples/plugin/unsupported.txt")
endif()

# On each runtime: with small groups and large ones, and with the kernels of each kind of device.
if(TARGET sateen_backend_opencl)
  foreach(runtime IN LISTS SATEEN_RUNTIMES)
    set(command WORDS COMMAND sateen-conformance)
    sateen_opencl_test(conformance ${runtime} ${command})
    sateen_opencl_test(conformance ${runtime} VARIANT gpu-kernels ${command} TARGET --option kernels=gpu)
    sateen_opencl_test(conformance ${runtime} VARIANT gpu-kernels-alone ${command}
      TARGET --option kernels=gpu --option group=1)
    sateen_opencl_test(conformance ${runtime} VARIANT cpu-kernels-grouped ${command}
      TARGET --option kernels=cpu --option group=64)
    # Products of the GEMM library, by its way for small matrices and by the one for large ones.
    set(with_products WORDS COMMAND sateen-conformance --filter "dense*" --filter training_step --filter intermediates)
    sateen_opencl_test(conformance ${runtime} VARIANT clblast ${with_products}
      TARGET --option kernels=gpu --option gemm=clblast)
    sateen_opencl_test(conformance ${runtime} VARIANT clblast-indirect ${with_products}
      TARGET --option kernels=gpu --option gemm=clblast
      PROPERTIES ENVIRONMENT "LD_PRELOAD=$<TARGET_FILE:shim_wrong_gemm>;SHIM_INDIRECT=1")
    sateen_opencl_test(conformance ${runtime} VARIANT groups COMMAND sateen-conformance-same-bytes --log_level=error
      TARGET --vary group=1 --vary group=16 --vary sync=1)
  endforeach()

  # Each tile of the kernels for GPUs, on a few shapes that take it.
  set(shapes)
  foreach(shape n2_h14_w14_c32_k64 n2_h7_w7_c16_k16 n1_h1_w2_c4_k8 n1_h3_w3_c4 n1_h14_w14_c32_k64 n9_i100)
    list(APPEND shapes --filter "*/${shape}*")
  endforeach()
  set(tiles gemm128x64x8-8x8 gemm64x64x16-8x4 gemm64x32x16-4x4 gemm32x32x16-4x4)
  if(SATEEN_SANITIZE)
    set(tiles)
  endif()
  foreach(tile IN LISTS tiles)
    sateen_opencl_test(conformance pocl VARIANT ${tile}
      WORDS COMMAND sateen-conformance ${shapes}
      TARGET --option kernels=gpu --option gemm=own --option variant=${tile})
  endforeach()

  # On lesser devices than there are here (backends/opencl/pretence.cpp), which change nothing about the runtime.
  function(sateen_pretended_test variant pretence)
    if(SATEEN_SANITIZE)
      message(STATUS "Left out of a sanitizer build: conformance.opencl.pocl.${variant}")
      return()
    endif()
    sateen_opencl_test(conformance pocl VARIANT ${variant} WORDS COMMAND sateen-conformance TARGET ${ARGN})
    set_property(TEST conformance.opencl.pocl.${variant} APPEND PROPERTY
      ENVIRONMENT_MODIFICATION "SATEEN_OPENCL_PRETEND=set:${pretence}")
  endfunction()
  sateen_pretended_test(small-groups small-groups --option kernels=gpu --option group=256)
  sateen_pretended_test(single-items single-items --option kernels=gpu)
  sateen_pretended_test(small-memory small-allocations+small-local+one-unit)
  sateen_pretended_test(wide-alignment wide-alignment --option kernels=gpu)
  sateen_pretended_test(plain plain+tiny-constant+no-binaries+no-profiling)
endif()
