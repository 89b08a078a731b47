# Configures, builds and runs one of the projects beside this file, as somebody would who only has the library.
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

if(USE STREQUAL "with_find_package")
  # The prefix is renamed after the installation: nothing in it may depend on where it was.
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/first)
  file(RENAME ${SCRATCH}/first ${SCRATCH}/prefix)
  set(how -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix)
else()
  set(how -DSTREAMS_SOURCE_DIR=${SOURCE})
endif()

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${USE} -B ${SCRATCH}/build -G ${GENERATOR} ${how}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_FLAGS_RELEASE=${FLAGS})
run(${CMAKE_COMMAND} --build ${SCRATCH}/build --parallel 2)
run(${SCRATCH}/build/consumer)
file(REMOVE_RECURSE ${SCRATCH})
