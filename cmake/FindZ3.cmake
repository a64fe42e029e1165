# cmake/FindZ3.cmake - finds libz3 and its C++ header, and defines the target Z3::Z3.
#
# Why: Debian's libz3-dev (4.8.12) ships no CMake configuration, and newer ones name the target
#      differently; whoever links Z3 here should not care.
find_path(Z3_INCLUDE_DIR NAMES z3++.h PATH_SUFFIXES z3)
find_library(Z3_LIBRARY NAMES z3)
if(Z3_INCLUDE_DIR AND EXISTS ${Z3_INCLUDE_DIR}/z3_version.h)
  file(STRINGS ${Z3_INCLUDE_DIR}/z3_version.h z3_version_lines
       REGEX "#define Z3_(MAJOR|MINOR|BUILD)_(VERSION|NUMBER) +[0-9]+")
  set(Z3_VERSION "")
  foreach(line IN LISTS z3_version_lines)
    string(REGEX REPLACE ".* ([0-9]+).*" "\\1" number "${line}")
    if(Z3_VERSION STREQUAL "")
      set(Z3_VERSION ${number})
    else()
      string(APPEND Z3_VERSION ".${number}")
    endif()
  endforeach()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Z3 REQUIRED_VARS Z3_LIBRARY Z3_INCLUDE_DIR
                                  VERSION_VAR Z3_VERSION)
mark_as_advanced(Z3_INCLUDE_DIR Z3_LIBRARY)
if(Z3_FOUND AND NOT TARGET Z3::Z3)
  add_library(Z3::Z3 UNKNOWN IMPORTED)
  set_target_properties(Z3::Z3 PROPERTIES
    IMPORTED_LOCATION ${Z3_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Z3_INCLUDE_DIR})
endif()
