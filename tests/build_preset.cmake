# Configures a preset in BUILD and builds its unit tests; run by ctest before those tests.
execute_process(COMMAND ${CMAKE_COMMAND} --preset ${PRESET} -S ${SOURCE} -B ${BUILD}
  WORKING_DIRECTORY ${SOURCE} COMMAND_ERROR_IS_FATAL ANY)
set(targets unit_tests)
if(PRESET STREQUAL "clang") # the library, too; the command: house/clang.sh
  list(APPEND targets halloc_shared halloc_static halloc_o)
endif()
# A test that does not compile must not keep the others from running: so all that can be is built.
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel 2 --target ${targets}
  -- -k --no-print-directory
  COMMAND_ERROR_IS_FATAL ANY)
