# streams::streams is made of the objects of all layers but testing; streams::testing is the test driver.
get_property(layers GLOBAL PROPERTY STREAMS_LAYERS)
# A header in include/ is public by being there, so this is the one list that is not written out.
file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/*.hpp)
list(FILTER public_headers EXCLUDE REGEX "/include/streams/http/") # of streams::http

add_library(streams)
add_library(streams::streams ALIAS streams)
streams_compile_options(streams)
# While the version is 0.x, a new minor version may change the binary interface.
set(streams_soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set_target_properties(streams PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${streams_soversion})
target_sources(streams PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${public_headers})
target_link_libraries(streams PRIVATE RocksDB::rocksdb-shared PkgConfig::RDKAFKA PUBLIC Threads::Threads)
foreach(layer IN LISTS layers)
  if(NOT layer STREQUAL streams_testing)
    target_sources(streams PRIVATE $<TARGET_OBJECTS:${layer}>)
  endif()
endforeach()

if(TARGET streams_testing)
  add_library(streams_test_driver)
  add_library(streams::testing ALIAS streams_test_driver)
  set_target_properties(streams_test_driver PROPERTIES EXPORT_NAME testing OUTPUT_NAME streams-testing
    VERSION ${PROJECT_VERSION} SOVERSION ${streams_soversion})
  streams_compile_options(streams_test_driver)
  target_sources(streams_test_driver PRIVATE $<TARGET_OBJECTS:streams_testing> PUBLIC FILE_SET HEADERS FILES)
  target_link_libraries(streams_test_driver PUBLIC streams)
endif()
