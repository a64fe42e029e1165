# cmake/FaultlineTarget.cmake - how a library, a program and a test of this project are declared.
#
# Why: one place for the language level, the warnings, the sanitizers and the include root (the
#      repository itself), so that no directory can forget one of them.
#
#   faultline_library(NAME [SOURCES a.cpp ...] [LINKS lib ...])     no SOURCES: header-only
#   faultline_executable(NAME SOURCES a.cpp ... [LINKS lib ...])
#   faultline_test(NAME SOURCES a_test.cpp ... [LINKS lib ...] [LABELS l ...] [TIMEOUT seconds]
#                  [WHOLE] [NO_SANITIZE])
#
# faultline_test adds GoogleTest's main. WHOLE registers the program as one ctest test and not one
# per TEST(), for programs with an expensive SetUpTestSuite. NO_SANITIZE leaves the test out of the
# sanitizer build (say why where you use it).
include_guard(GLOBAL)

# For every target of the project, also one that is declared without the functions below: a program
# half of which is built with AddressSanitizer reports overflows that are none.
# Under the sanitizers assertions are on and nothing is optimized: the same accesses are checked,
# and g++ takes 44 s instead of 113 s over the heaviest file. Checks for null and alignment at
# every access are left out: a null dereference faults under AddressSanitizer all the same.
# g++ 12 sees overlapping copies in `"text" + std::string` (GCC PR105651) and uninitialized members
# in every std::variant that is moved (PR105562): those two warnings are off, for g++ alone.
# clang sees std::stable_sort of libstdc++ 12 use a function C++17 deprecated; g++ still looks.
include_directories(${PROJECT_SOURCE_DIR})
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<BOOL:${FAULTLINE_WERROR}>:-Werror>
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>"
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fconstexpr-ops-limit=1000000000>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fconstexpr-steps=100000000>)
if(FAULTLINE_SANITIZE)
  add_compile_definitions(FAULTLINE_SANITIZED)
  add_compile_options(
    -O0 -g1 -UNDEBUG
    -fsanitize=address,undefined -fno-sanitize=null,alignment,object-size
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

function(faultline_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "faultline_library(${name}): unknown words ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC ${arg_LINKS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_LINKS})
  endif()
endfunction()

function(faultline_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "faultline_executable(${name}): SOURCES missing or unknown words "
                        "${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} Threads::Threads)
endfunction()

function(faultline_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WHOLE;NO_SANITIZE" "TIMEOUT" "SOURCES;LINKS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "faultline_test(${name}): SOURCES missing or unknown words "
                        "${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT FAULTLINE_TESTS OR (FAULTLINE_SANITIZE AND arg_NO_SANITIZE))
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(FAULTLINE_SANITIZE)
    math(EXPR arg_TIMEOUT "3 * ${arg_TIMEOUT}")
  endif()
  faultline_executable(${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE FAULTLINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
    if(arg_LABELS)
      set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
    endif()
  else()
    set(properties TIMEOUT ${arg_TIMEOUT})
    if(arg_LABELS)
      list(JOIN arg_LABELS "\\;" labels)
      list(APPEND properties LABELS "${labels}")
    endif()
    gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
                         DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
  endif()
endfunction()
