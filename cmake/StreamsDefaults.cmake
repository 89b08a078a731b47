# Defaults for building this project by itself. Not read when another project adds it: those choices are its own.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

if(NOT DEFINED CMAKE_RUNTIME_OUTPUT_DIRECTORY)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endif()

# Targets all_verify_interface_header_sets: every public header compiles by itself.
if(NOT DEFINED CMAKE_VERIFY_INTERFACE_HEADER_SETS)
  set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
endif()

# What only makes builds faster is used where it is found.
find_program(STREAMS_CCACHE ccache)
mark_as_advanced(STREAMS_CCACHE)
if(STREAMS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${STREAMS_CCACHE})
endif()

find_program(STREAMS_LLD ld.lld)
mark_as_advanced(STREAMS_LLD)
if(STREAMS_LLD AND NOT CMAKE_EXE_LINKER_FLAGS MATCHES "-fuse-ld")
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=lld STREAMS_LINKS_WITH_LLD)
  if(STREAMS_LINKS_WITH_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()
