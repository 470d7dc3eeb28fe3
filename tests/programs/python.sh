#!/bin/bash
# python3 with every object from malloc: containers, threads that hand objects about, forked children.
. "$(dirname "$0")/lib.sh"
begin python3
export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
python=$(python3 -c 'import sys; print(sys.executable)') # not a wrapper of pyenv's

same 3 "$python" "$workloads/python.py" 12
took 1 100000 "" "$python" "$workloads/python.py" 1
# What it compiles is the same, too.
same 0 "$python" -c 'import glob, os, py_compile
for source in sorted(glob.glob(os.path.dirname(os.__file__) + "/[a-j]*.py")):
    print(py_compile.compile(source, cfile=os.path.basename(source) + "c", dfile="x", doraise=True,
                             invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH))'
same_with_every_policy 3 10000 "$python" "$workloads/containers.py"
