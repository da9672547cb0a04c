# Writes a header with the revision that is checked out, "" outside a clone:
#   cmake -DSOURCE=folder -DOUTPUT=revision.hpp -P git_revision.cmake
# The file is touched only when it changes, so that a build without changes stays one.
cmake_minimum_required(VERSION 3.25)
set(revision "")
# Not that of a clone in which the sources merely lie.
execute_process(COMMAND git rev-parse --show-toplevel WORKING_DIRECTORY "${SOURCE}"
  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(REAL_PATH "${SOURCE}" source)
if(top STREQUAL source)
  execute_process(COMMAND git rev-parse --short=10 HEAD WORKING_DIRECTORY "${SOURCE}"
    OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
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
