#!/bin/bash
# Redis: written to, saved by a fork, killed, loaded again. (Debian links it to jemalloc; the preload comes first.)
# packages: redis-server redis-tools
# programs: redis-server redis-cli redis-benchmark
# served: redis-server redis-cli redis-benchmark
. "$(dirname "$0")/lib.sh"
bash "$workloads/redis.sh"
