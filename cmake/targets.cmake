# The artefacts. No version script: visibility in the source says what is exported, and a named
# version would keep LD_PRELOAD from replacing malloc (tests/house/exported_symbols.sh).

include(CheckCSourceCompiles)

add_library(halloc_object OBJECT halloc.c)
target_link_libraries(halloc_object PRIVATE halloc_library_flags)
# halloc.c includes the sources; a compiler's dependency file tells the build so.

# interpose.c is not in halloc.c: a static program's dlopen and setrlimit are its own.
add_library(halloc_shared SHARED $<TARGET_OBJECTS:halloc_object> src/interpose.c)
target_compile_options(halloc_shared PRIVATE -fPIC -fvisibility=hidden)
target_compile_definitions(halloc_shared PRIVATE _GNU_SOURCE=1) # glibc before 2.36 hides RTLD_NEXT without it
set_target_properties(halloc_shared PROPERTIES
  OUTPUT_NAME halloc EXPORT_NAME halloc LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_libraries(halloc_shared PRIVATE halloc_flags Threads::Threads)
# nodelete: memory given out must stay valid when whoever brought the library in is closed.
# now:      the first call of a function must not wander through the dynamic linker inside malloc.
# initfirst: its constructor comes before those of other libraries, whose fork handlers may allocate (fork.c).
# noseparate-code: code and constants in one segment, so every process maps 100 KB less of the file.
target_link_options(halloc_shared PRIVATE
  -Wl,-z,nodelete -Wl,-z,initfirst -Wl,-z,now -Wl,-z,relro -Wl,-z,noseparate-code)
if(NOT HALLOC_SANITIZE)
  target_link_options(halloc_shared PRIVATE -Wl,-z,defs)
endif()
# The compiler's own stack walk goes in, for samples: a program in C has none (src/sample/call_site.c). musl's programs
# have it where their compiler was built for musl.
set(unwinder -static-libgcc -Wl,-u,_Unwind_Backtrace -Wl,--exclude-libs,libgcc_eh.a)
set(CMAKE_REQUIRED_LINK_OPTIONS ${unwinder} -Wl,-z,defs)
check_c_source_compiles("int main(void) { return 0; }" HALLOC_HAS_UNWINDER)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(HALLOC_HAS_UNWINDER)
  target_link_options(halloc_shared PRIVATE ${unwinder})
endif()

add_library(halloc_static STATIC $<TARGET_OBJECTS:halloc_object>)
set_target_properties(halloc_static PROPERTIES
  OUTPUT_NAME halloc EXPORT_NAME static LINKER_LANGUAGE C)
target_link_libraries(halloc_static INTERFACE Threads::Threads)
if(HALLOC_SANITIZE)
  target_link_options(halloc_static INTERFACE -fsanitize=${HALLOC_SANITIZE})
endif()

foreach(kind shared static)
  target_include_directories(halloc_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
add_library(halloc::halloc ALIAS halloc_shared)
add_library(halloc::static ALIAS halloc_static)

# halloc.o, for `cc app.c halloc.o`: an object is always linked whole, so the override always takes.
set(halloc_o ${PROJECT_BINARY_DIR}/halloc.o)
add_custom_command(OUTPUT ${halloc_o}
  COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_OBJECTS:halloc_object> ${halloc_o}
  DEPENDS halloc_object $<TARGET_OBJECTS:halloc_object> VERBATIM)
add_custom_target(halloc_o ALL DEPENDS ${halloc_o})

# The command. It finds the library beside itself in a build, and from bin/ in an installation.
file(GLOB_RECURSE tools CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/*.c)
list(FILTER tools EXCLUDE REGEX "/tools/(capture|replayer)/") # programs of their own, below
list(FILTER tools EXCLUDE REGEX "/twin/twin[.]c$")
if(EXISTS ${PROJECT_SOURCE_DIR}/tools/main.c)
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  file(RELATIVE_PATH bin_to_include ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  file(RELATIVE_PATH bin_to_share ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/halloc)
  add_executable(halloc_command ${tools})
  set_target_properties(halloc_command PROPERTIES OUTPUT_NAME halloc)
  target_compile_definitions(halloc_command PRIVATE
    HALLOC_BIN_TO_LIB="${bin_to_lib}" HALLOC_BIN_TO_INCLUDE="${bin_to_include}"
    HALLOC_BIN_TO_SHARE="${bin_to_share}"
    HALLOC_SONAME="libhalloc.so.${PROJECT_VERSION_MAJOR}")
  # A second process heap, to replay traces on: all of its names are local but two, and what sanitizers' unwinding
  # shares.
  add_library(halloc_twin OBJECT ${PROJECT_SOURCE_DIR}/tools/replay/twin/twin.c)
  target_link_libraries(halloc_twin PRIVATE halloc_library_flags)
  set(twin_o ${PROJECT_BINARY_DIR}/twin.o)
  add_custom_command(OUTPUT ${twin_o} VERBATIM
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=twin_play --keep-global-symbol=twin_show
      --keep-global-symbol=DW.ref.__gcc_personality_v0
      $<TARGET_OBJECTS:halloc_twin> ${twin_o}
    DEPENDS halloc_twin $<TARGET_OBJECTS:halloc_twin>)
  add_custom_target(halloc_twin_o DEPENDS ${twin_o})
  add_dependencies(halloc_command halloc_twin_o)
  target_link_libraries(halloc_command PRIVATE ${twin_o})
  target_link_libraries(halloc_command PRIVATE halloc_flags halloc_static)
  # A policy's file may use the library, too: a main that tries it, say. Its own names stay its own.
  target_link_options(halloc_command PRIVATE
    -Wl,--dynamic-list=${PROJECT_SOURCE_DIR}/cmake/command.exports)
  set_target_properties(halloc_command PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/command.exports)
  # The pages that `halloc map` writes, of traces and of snapshots: their text becomes C files.
  set(pages ${PROJECT_SOURCE_DIR}/tools/map/page)
  function(halloc_page source name header css js)
    set(text ${PROJECT_BINARY_DIR}/${name}_text.c)
    list(TRANSFORM css PREPEND ${source}/ OUTPUT_VARIABLE css_files)
    list(TRANSFORM js PREPEND ${source}/ OUTPUT_VARIABLE js_files)
    add_custom_command(OUTPUT ${text} VERBATIM
      COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D NAME=${name} -D HEADER=${header} "-DCSS=${css}" "-DJS=${js}"
        -D OUTPUT=${text} -P ${pages}/embed.cmake
      DEPENDS ${source}/page.html ${css_files} ${js_files} ${pages}/embed.cmake)
    target_sources(halloc_command PRIVATE ${text})
  endfunction()
  halloc_page(${pages} page ${pages}/page_text.h "page.css"
    "model.js;state.js;overview.js;strip.js;words.js;pointers.js;page.js")
  halloc_page(${PROJECT_SOURCE_DIR}/tools/snapshot/page snapshot ${PROJECT_SOURCE_DIR}/tools/snapshot/snapshot_page.h
    "../../map/page/page.css;snapshot.css" "heap.js")
  target_link_libraries(halloc_command PRIVATE m)
  # `halloc lab` compiles policies against it: beside the command, wherever the build is.
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/halloc.h VERBATIM
    COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/halloc.h ${PROJECT_BINARY_DIR}/halloc.h
    DEPENDS ${PROJECT_SOURCE_DIR}/halloc.h)
  target_sources(halloc_command PRIVATE ${PROJECT_BINARY_DIR}/halloc.h)
  # Its data is squeezed where zlib is there (Debian: zlib1g-dev, which libdw-dev brings).
  find_path(ZLIB_INCLUDE zlib.h)
  find_library(ZLIB_LIBRARY z)
  if(ZLIB_INCLUDE AND ZLIB_LIBRARY AND NOT CMAKE_CROSSCOMPILING)
    target_compile_definitions(halloc_command PRIVATE HALLOC_ZLIB)
    target_include_directories(halloc_command PRIVATE ${ZLIB_INCLUDE})
    target_link_libraries(halloc_command PRIVATE ${ZLIB_LIBRARY})
  endif()
  # Symbols of traced programs, where elfutils is there to read them (Debian: libdw-dev).
  find_path(LIBDW_INCLUDE elfutils/libdwfl.h)
  find_library(LIBDW_LIBRARY dw)
  find_library(LIBELF_LIBRARY elf)
  if(LIBDW_INCLUDE AND LIBDW_LIBRARY AND LIBELF_LIBRARY AND NOT CMAKE_CROSSCOMPILING)
    target_compile_definitions(halloc_command PRIVATE HALLOC_LIBDW)
    target_include_directories(halloc_command PRIVATE ${LIBDW_INCLUDE})
    target_link_libraries(halloc_command PRIVATE ${LIBDW_LIBRARY} ${LIBELF_LIBRARY})
  endif()
  # Names of C++ and Rust as they were written, where GNU's demangler is (Debian: libiberty-dev).
  find_path(LIBIBERTY_INCLUDE libiberty/demangle.h)
  find_library(LIBIBERTY_LIBRARY iberty)
  if(LIBIBERTY_INCLUDE AND LIBIBERTY_LIBRARY AND NOT CMAKE_CROSSCOMPILING)
    target_compile_definitions(halloc_command PRIVATE HALLOC_LIBIBERTY)
    target_include_directories(halloc_command PRIVATE ${LIBIBERTY_INCLUDE})
    target_link_libraries(halloc_command PRIVATE ${LIBIBERTY_LIBRARY})
  elseif(NOT CMAKE_CROSSCOMPILING)
    message(STATUS "libiberty is missing: names of C++ and Rust stay mangled (Debian: libiberty-dev)")
  endif()
  add_dependencies(halloc_command halloc_shared)
endif()

# What `halloc replay` runs other allocators in: a program with no malloc of its own.
add_executable(halloc_replayer ${PROJECT_SOURCE_DIR}/tools/replayer/replayer.c
  ${PROJECT_SOURCE_DIR}/tools/replay/measure/harness.c
  ${PROJECT_SOURCE_DIR}/tools/replay/measure/harness_careful.c
  ${PROJECT_SOURCE_DIR}/tools/replay/measure/harness_fast.c
  ${PROJECT_SOURCE_DIR}/tools/replay/owners.c)
set_target_properties(halloc_replayer PROPERTIES OUTPUT_NAME halloc-replayer)
target_link_libraries(halloc_replayer PRIVATE halloc_flags Threads::Threads ${CMAKE_DL_LIBS})
if(TARGET halloc_command)
  add_dependencies(halloc_command halloc_replayer)
endif()

# The recorder that `halloc trace` preloads: above any allocator, so it contains none. It keeps frame
# pointers, to find its caller's; builtins off, or malloc and memset in calloc would become calloc again.
if(NOT HALLOC_SANITIZE)
  file(GLOB_RECURSE capture CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/capture/*.c)
  add_library(halloc_recorder SHARED ${capture})
  set_target_properties(halloc_recorder PROPERTIES OUTPUT_NAME halloc-trace)
  target_link_libraries(halloc_recorder PRIVATE halloc_flags Threads::Threads ${CMAKE_DL_LIBS})
  target_compile_options(halloc_recorder PRIVATE -fvisibility=hidden -ftls-model=initial-exec
    -fno-semantic-interposition -fexceptions -fno-omit-frame-pointer -fno-builtin)
  target_link_options(halloc_recorder PRIVATE -Wl,-z,nodelete -Wl,-z,now -Wl,-z,relro -Wl,-z,defs)
  if(TARGET halloc_command)
    add_dependencies(halloc_command halloc_recorder)
  endif()
endif()

# All that ships.
add_custom_target(artefacts DEPENDS halloc_shared halloc_static halloc_o)
if(TARGET halloc_command)
  add_dependencies(artefacts halloc_command)
endif()

# The playground, one HTML file: the engine as WebAssembly, and page/ around it. It needs clang, lld, binaryen
# and Python (Debian: clang, lld, binaryen, python3), so it is no artefact: `make page` makes it.
find_program(PAGE_CLANG NAMES clang-14 clang)
find_program(PAGE_LINKER NAMES wasm-ld-14 wasm-ld)
find_program(PAGE_LOWERER wasm-opt)
find_program(PAGE_PYTHON python3)
if(PROJECT_IS_TOP_LEVEL AND PAGE_CLANG AND PAGE_LINKER AND PAGE_LOWERER AND PAGE_PYTHON AND TARGET halloc_command
    AND NOT CMAKE_CROSSCOMPILING AND NOT HALLOC_SANITIZE)
  file(GLOB_RECURSE trace_reader CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/base/*.c
    ${PROJECT_SOURCE_DIR}/tools/trace/*/*.c)
  add_executable(trace_calls EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/page/trace_calls.c ${trace_reader})
  target_link_libraries(trace_calls PRIVATE halloc_flags)
  file(GLOB_RECURSE of_page CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/page/* ${PROJECT_SOURCE_DIR}/src/engine/*
    ${PROJECT_SOURCE_DIR}/src/classic/heap.* ${PROJECT_SOURCE_DIR}/src/base/*.h ${PROJECT_SOURCE_DIR}/docs/[0-9]*.md)
  set(playground ${PROJECT_BINARY_DIR}/halloc.html)
  add_custom_command(OUTPUT ${playground} BYPRODUCTS ${PROJECT_BINARY_DIR}/halloc.wasm VERBATIM
    COMMAND ${PAGE_PYTHON} -B ${PROJECT_SOURCE_DIR}/page/build.py ${playground} $<TARGET_FILE:trace_calls>
      ${PROJECT_BINARY_DIR}/halloc.wasm
    DEPENDS trace_calls ${of_page} ${PROJECT_SOURCE_DIR}/halloc.h)
  add_custom_target(page ALL DEPENDS ${playground})
endif()

# The site, a folder of static files: `make site`. What it needs beside the playground is in the group "site" of
# tools/install-packages.sh. Where that is missing, site/build.py names it, and the site is no part of `all`. Nor is it
# without tests: no package has it.
if(TARGET page)
  # Debian's packages belong to Debian's Python; another may come first on the path.
  set(SITE_PYTHON ${PAGE_PYTHON})
  set(in_all "")
  foreach(python ${PAGE_PYTHON} /usr/bin/python3)
    execute_process(COMMAND ${python} -c "import markdown_it, pygments, jinja2" RESULT_VARIABLE failed
      OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      set(SITE_PYTHON ${python})
      find_program(SITE_MANDOC mandoc)
      if(SITE_MANDOC AND HALLOC_TESTS AND EXISTS /usr/share/javascript/lunr/lunr.min.js)
        set(in_all ALL)
      endif()
      break()
    endif()
  endforeach()
  file(GLOB_RECURSE of_site CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/site/* ${PROJECT_SOURCE_DIR}/docs/*
    ${PROJECT_SOURCE_DIR}/src/*.[ch] ${PROJECT_SOURCE_DIR}/*.md ${PROJECT_SOURCE_DIR}/man/* ${PROJECT_SOURCE_DIR}/examples/*)
  set(site ${PROJECT_BINARY_DIR}/site)
  add_custom_command(OUTPUT ${site}/index.html VERBATIM USES_TERMINAL
    COMMAND ${SITE_PYTHON} -B ${PROJECT_SOURCE_DIR}/site/build.py ${site} ${PROJECT_BINARY_DIR}
    DEPENDS ${playground} halloc_command ${of_site})
  add_custom_target(site ${in_all} DEPENDS ${site}/index.html)
endif()

# Each file by itself, and linked: every file includes what it uses, and nothing is missing.
# `cmake --build` makes it only for whoever asks (the lint preset does).
file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.c)
add_library(halloc_files SHARED EXCLUDE_FROM_ALL ${sources})
target_link_libraries(halloc_files PRIVATE halloc_library_flags Threads::Threads)
if(NOT HALLOC_SANITIZE)
  target_link_options(halloc_files PRIVATE -Wl,-z,defs)
endif()
