# cmake --install: libraries, public headers, and a package: find_package(streams) gives streams::streams,
# streams::testing and streams::http.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/streams)
set(targets streams)
if(TARGET streams_test_driver)
  list(APPEND targets streams_test_driver)
endif()
if(TARGET streams_http)
  list(APPEND targets streams_http)
endif()

install(TARGETS ${targets} EXPORT streamsTargets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET streams_application_reset)
  install(TARGETS streams_application_reset DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT streamsTargets NAMESPACE streams:: DESTINATION ${package_dir})

get_target_property(STREAMS_LIBRARY_TYPE streams TYPE)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/streamsConfig.cmake.in
  ${PROJECT_BINARY_DIR}/streamsConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/streamsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/streamsConfig.cmake ${PROJECT_BINARY_DIR}/streamsConfigVersion.cmake
  DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
