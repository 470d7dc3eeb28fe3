#!/bin/bash
# g++ compiles C++20 with heavy templates: the object is the same, and so is what the program says.
. "$(dirname "$0")/lib.sh"
begin g++

same 0 g++ -std=c++20 -O1 -Wall -Wextra -c "$workloads/templates.cpp" -o templates.o
took 3 20 "" g++ -std=c++20 -x c++ -include vector -c /dev/null -o empty.o # driver, compiler, assembler

# Linked by ld; the program then runs on glibc's malloc and on halloc.
cp halloc/files/templates.o .
same 0 g++ -pthread "$work/templates.o" -o program
cp halloc/files/program .
same 7 "$work/program"
took 1 20000 "" "$work/program"

# Diagnostics are the same, too.
same 1 g++ -std=c++20 -DWRONG -fsyntax-only "$workloads/templates.cpp"
