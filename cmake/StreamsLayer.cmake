# streams_layer(): one OBJECT library per layer; streams_test(): one test program, registered under a label.

function(streams_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
endfunction()

function(streams_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(streams_${name} OBJECT ${ARG_SOURCES})
  streams_compile_options(streams_${name})
  target_include_directories(streams_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(streams_${name} PUBLIC ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY STREAMS_LAYERS streams_${name})
endfunction()

# LABEL is one of unit, lint, conformance, simulation, broker, package, fuzz, compile_fail, docs, browser. A broker test
# gets the address of a running broker in STREAMS_TEST_BOOTSTRAP (unset: skip), and in STREAMS_DEV the script whose
# `kafka` command starts one of its own.
function(streams_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  streams_compile_options(${name})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABEL STREQUAL broker) # one at a time: they time sessions and rebalances
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK broker ENVIRONMENT STREAMS_DEV=${PROJECT_SOURCE_DIR}/dev)
  endif()
endfunction()
