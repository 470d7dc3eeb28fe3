# What `make install` puts where. Everything may be moved afterwards: nothing knows its prefix.
include(CMakePackageConfigHelpers)

install(TARGETS halloc_shared halloc_static EXPORT halloc)
install(FILES halloc.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${halloc_o} DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET halloc_command)
  install(TARGETS halloc_command)
  if(TARGET halloc_recorder)
    install(TARGETS halloc_recorder DESTINATION ${CMAKE_INSTALL_LIBDIR}/halloc)
  endif()
  install(TARGETS halloc_replayer DESTINATION ${CMAKE_INSTALL_LIBDIR}/halloc)
endif()

# gdb reads it by its whole path: source PREFIX/share/halloc/halloc-gdb.py.
install(FILES tools/gdb/halloc-gdb.py tools/gdb/halloc_heap.py
  DESTINATION ${CMAKE_INSTALL_DATADIR}/halloc)

# The playground, where it was made (`make page`).
install(FILES ${PROJECT_BINARY_DIR}/halloc.html DESTINATION ${CMAKE_INSTALL_DATADIR}/halloc OPTIONAL)
install(DIRECTORY ${PROJECT_BINARY_DIR}/chapters DESTINATION ${CMAKE_INSTALL_DATADIR}/halloc OPTIONAL)

install(FILES man/halloc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/halloc.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
# `man halloc_free` leads to the page of all functions, as for each function that halloc.h declares.
file(STRINGS halloc.h declared REGEX "^HALLOC_API .*[ *]halloc_[A-Za-z0-9_]+\\(")
foreach(line ${declared})
  string(REGEX REPLACE "^[^(]*[ *](halloc_[A-Za-z0-9_]+)\\(.*" "\\1" name "${line}")
  file(WRITE ${PROJECT_BINARY_DIR}/man3/${name}.3 ".so man3/halloc.3\n")
  install(FILES ${PROJECT_BINARY_DIR}/man3/${name}.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS halloc.h)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(halloc): halloc::halloc is the shared library, halloc::static the archive.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/halloc)
install(EXPORT halloc NAMESPACE halloc:: FILE halloc-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/halloc-config.cmake.in ${PROJECT_BINARY_DIR}/halloc-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/halloc-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/halloc-config.cmake ${PROJECT_BINARY_DIR}/halloc-config-version.cmake
  DESTINATION ${package_dir})

# pkg-config: the prefix is where the .pc file lies now, so many folders up.
set(pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_to_prefix ${pc_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/halloc.pc.in ${PROJECT_BINARY_DIR}/halloc.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/halloc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
