# Flags: what every file is compiled with, and what only the library is.

# Everything we compile, tests as well.
add_library(halloc_flags INTERFACE)
target_compile_options(halloc_flags INTERFACE -Wall -Wextra $<$<BOOL:${HALLOC_WERROR}>:-Werror>)
target_compile_definitions(halloc_flags INTERFACE $<$<BOOL:${HALLOC_CHECKS}>:HALLOC_DEBUG>)
if(HALLOC_ANALYZE)
  target_compile_options(halloc_flags INTERFACE -Wshadow -Wstrict-prototypes -Wold-style-definition
    -Wpointer-arith -Wvla -Wundef -Wwrite-strings -fanalyzer
    # These two can't know what a list's length says about its links: to be read, not obeyed.
    -Wno-error=analyzer-use-of-uninitialized-value -Wno-error=analyzer-null-dereference)
endif()
if(HALLOC_SANITIZE)
  target_compile_options(halloc_flags INTERFACE
    -fsanitize=${HALLOC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(halloc_flags INTERFACE -fsanitize=${HALLOC_SANITIZE})
endif()

# The library: one object for the .so, the .a and the .o, so all three are position independent.
#   initial-exec TLS        a thread's cache is one load away; the library can't be dlopened late
#                           where libc has little static TLS to spare (musl: none)
#   no semantic             calls inside the library are direct, and may be inlined, even if the
#   interposition           program defines a function of the same name
#   exceptions              operator new, written in C, lets bad_alloc and handlers' throws through
add_library(halloc_library_flags INTERFACE)
target_link_libraries(halloc_library_flags INTERFACE halloc_flags)
target_compile_options(halloc_library_flags INTERFACE
  -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-semantic-interposition -fexceptions)
target_compile_definitions(halloc_library_flags INTERFACE
  HALLOC_LIBRARY $<$<NOT:$<BOOL:${HALLOC_OVERRIDE}>>:HALLOC_NO_OVERRIDE>)
