# cmake/FaultlineFuzz.cmake - how a fuzz target is declared, and which engine drives it.
#
# Why: the contract of OSS-Fuzz and ClusterFuzzLite in one place. With FAULTLINE_FUZZ the engine is
#      $LIB_FUZZING_ENGINE if that is set, else libFuzzer if the compiler is clang, else the plain
#      replay program. Without FAULTLINE_FUZZ it is always the replay program, so that every build
#      of the tests performs every corpus and regression file.
#
#   faultline_fuzzer(NAME SOURCES a_fuzzer.cpp ... [LINKS lib ...] [CORPUS directory ...])
#
# The program is NAME_fuzzer; fuzz/targets/corpus/NAME and fuzz/targets/regressions/NAME belong to
# it where they exist.
include_guard(GLOBAL)

set(FAULTLINE_ENGINE replay)
option(FAULTLINE_FUZZ_REPLAY "With FAULTLINE_FUZZ: the replay program, whatever the compiler" OFF)
if(FAULTLINE_FUZZ AND NOT FAULTLINE_FUZZ_REPLAY)
  if(NOT "$ENV{LIB_FUZZING_ENGINE}" STREQUAL "")
    set(FAULTLINE_ENGINE "$ENV{LIB_FUZZING_ENGINE}")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    set(FAULTLINE_ENGINE -fsanitize=fuzzer)
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fsanitize=fuzzer-no-link>
                        $<$<COMPILE_LANG_AND_ID:C,Clang>:-fsanitize=fuzzer-no-link>)
  endif()
  message(STATUS "Fuzzing engine: ${FAULTLINE_ENGINE}")
endif()
set(FAULTLINE_FUZZ_RUNS 2000 CACHE STRING "Runs of each libFuzzer target that a test takes")

function(faultline_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;CORPUS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "faultline_fuzzer(${name}): SOURCES missing or unknown words "
                        "${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(program ${name}_fuzzer)
  set(here ${PROJECT_SOURCE_DIR}/fuzz/targets)
  if(FAULTLINE_ENGINE STREQUAL "replay")
    faultline_executable(${program} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} faultline_replay)
  else()
    faultline_executable(${program} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS})
    target_link_libraries(${program} PRIVATE ${FAULTLINE_ENGINE})
  endif()
  set_property(GLOBAL APPEND PROPERTY FAULTLINE_FUZZERS ${program})
  foreach(kind corpus regressions)
    if(EXISTS ${here}/${kind}/${name})
      list(APPEND arg_CORPUS ${here}/${kind}/${name})
    endif()
  endforeach()
  if(NOT FAULTLINE_TESTS AND NOT FAULTLINE_FUZZ)
    return()
  endif()
  if(NOT FAULTLINE_ENGINE STREQUAL "-fsanitize=fuzzer")
    add_test(NAME fuzz_replay.${name} COMMAND ${program} ${arg_CORPUS})
    set_tests_properties(fuzz_replay.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
    return()
  endif()
  # What is found new goes to the first directory, which is the build's. A crash never says "Done".
  set(grown ${CMAKE_CURRENT_BINARY_DIR}/grown/${name})
  file(MAKE_DIRECTORY ${grown})
  set(options "")
  if(EXISTS ${here}/${program}.dict)
    list(APPEND options -dict=${here}/${program}.dict)
  endif()
  add_test(NAME fuzz_run.${name}
           COMMAND ${program} -runs=${FAULTLINE_FUZZ_RUNS} -seed=1 -timeout=20 -max_len=4096
                   ${options} -artifact_prefix=${grown}/../${name}- ${grown} ${arg_CORPUS})
  set_tests_properties(fuzz_run.${name} PROPERTIES TIMEOUT 600 LABELS fuzz
                       PASS_REGULAR_EXPRESSION "Done [1-9][0-9]* runs")
endfunction()
