#!/bin/bash
# Folders are layers: a file includes files of its own folder and of those below it, and no other.
. "$(dirname "$0")/lib.sh"

python3 -B tests/house/layers.py || fail "the layers are listed in tests/house/layers.py"
finish "the layers"
