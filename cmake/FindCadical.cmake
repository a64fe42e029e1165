# cmake/FindCadical.cmake - finds libcadical and its header, defines the target Cadical::Cadical.
#
# Why: Debian's libcadical-dev ships neither a CMake configuration nor a pkg-config file.
find_path(CADICAL_INCLUDE_DIR NAMES cadical.hpp PATH_SUFFIXES cadical)
find_library(CADICAL_LIBRARY NAMES cadical)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cadical REQUIRED_VARS CADICAL_LIBRARY CADICAL_INCLUDE_DIR)
mark_as_advanced(CADICAL_INCLUDE_DIR CADICAL_LIBRARY)
if(Cadical_FOUND AND NOT TARGET Cadical::Cadical)
  add_library(Cadical::Cadical UNKNOWN IMPORTED)
  set_target_properties(Cadical::Cadical PROPERTIES
    IMPORTED_LOCATION ${CADICAL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CADICAL_INCLUDE_DIR})
endif()
