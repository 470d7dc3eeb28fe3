#!/bin/bash
# Python with every object from malloc: containers, threads, forks; and it compiles its library.
# packages: python3
# programs: python3
# served: python3
. "$(dirname "$0")/lib.sh"
export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
python3 "$workloads/python.py" 12
echo "python ended with $?"
python3 "$workloads/containers.py"
echo "python ended with $?"
