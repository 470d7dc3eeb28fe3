#!/bin/bash
# lua5.4: tables, strings, closures and coroutines, with a collector that frees in any order.
. "$(dirname "$0")/lib.sh"
begin lua5.4

same 6 lua5.4 "$workloads/lua.lua" 20
took 1 100000 "" lua5.4 "$workloads/lua.lua" 2
same_with_every_policy 6 5000 lua5.4 "$workloads/lua.lua" 0.25
