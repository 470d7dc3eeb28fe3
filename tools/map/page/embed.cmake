# Makes a C file of a page's parts: cmake -D SOURCE=tools/map/page -D NAME=page -D "CSS=page.css" -D "JS=model.js;..."
# -D HEADER=page_text.h -D OUTPUT=page_text.c -P embed.cmake
#
# page.html marks the places of its style, scripts and data. NAME_head is the text before the data, NAME_tail the
# text after it. They are bytes in hexadecimal, because some compilers refuse long strings.
file(READ ${SOURCE}/page.html html)
foreach(kind CSS JS)
  set(${kind}_text "")
  foreach(part ${${kind}})
    file(READ ${SOURCE}/${part} text)
    string(APPEND ${kind}_text "${text}")
  endforeach()
endforeach()

# Not string(REPLACE): it would read the semicolons of the parts as lists, and cost brackets.
function(cut text marker before after)
  string(FIND "${text}" "${marker}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "page.html has no ${marker}")
  endif()
  string(LENGTH "${marker}" length)
  math(EXPR rest "${at} + ${length}")
  string(SUBSTRING "${text}" 0 ${at} head)
  string(SUBSTRING "${text}" ${rest} -1 tail)
  set(${before} "${head}" PARENT_SCOPE)
  set(${after} "${tail}" PARENT_SCOPE)
endfunction()

cut("${html}" "/* STYLE */" head rest)
string(APPEND head "${CSS_text}")
cut("${rest}" "<!-- DATA -->" middle tail)
string(APPEND head "${middle}")
cut("${tail}" "/* SCRIPT */" before after)
set(tail "${before}${JS_text}${after}")

function(array name text result)
  string(HEX "${text}" hex)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(................................................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  set(${result} "const unsigned char ${name}[] = {\n${hex}};\nconst size_t ${name}_bytes = ${bytes};\n"
    PARENT_SCOPE)
endfunction()

array(${NAME}_head "${head}" head_array)
array(${NAME}_tail "${tail}" tail_array)
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n${head_array}\n${tail_array}")
