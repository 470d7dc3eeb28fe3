# Configures a preset in BUILD and builds its unit tests; run by ctest before those tests.
execute_process(COMMAND ${CMAKE_COMMAND} --preset ${PRESET} -S ${SOURCE} -B ${BUILD}
  WORKING_DIRECTORY ${SOURCE} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel 2 --target unit_tests
  COMMAND_ERROR_IS_FATAL ANY)
if(PRESET STREQUAL "clang") # the library and the command, too
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel 2 --target artefacts halloc_files
    COMMAND_ERROR_IS_FATAL ANY)
endif()
