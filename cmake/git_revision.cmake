# Writes a header with the revision that is checked out, "" outside a clone:
#   cmake -DSOURCE=folder -DOUTPUT=revision.hpp -P git_revision.cmake
# The file is touched only when it changes, so that a build without changes stays one.
set(revision "")
execute_process(COMMAND git rev-parse --short=10 HEAD WORKING_DIRECTORY "${SOURCE}"
  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(revision "")
else()
  execute_process(COMMAND git status --porcelain --untracked-files=no WORKING_DIRECTORY "${SOURCE}"
    OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND revision ", changed")
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "// Made by cmake/git_revision.cmake.
#pragma once
#define SATEEN_REVISION \"@revision@\"
" @ONLY)
