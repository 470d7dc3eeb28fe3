#!/bin/bash
# No files call each other in a circle. Such files are one idea cut badly, or two ideas that need a lower third.
# File A calls file B if A's object needs a symbol that B's object defines: a function, or data.
. "$(dirname "$0")/lib.sh"

python3 -B tests/house/circles.py "$HALLOC_BUILD" || fail "mend them by a cut where the idea is"
finish "nothing calls in a circle"
