#!/bin/sh
# RocksDB's own benchmark: four threads write, read and scan while others flush and compact.
#
#     rocksdb.sh SCALE
. "$(dirname "$0")/server.sh"
serve TERM db_bench --db="$home/db" --seed=42 --threads=4 --num="$(scaled 40000)" --value_size=200 \
    --benchmarks=fillrandom,overwrite,readrandom,seekrandom --compression_type=none --disable_wal \
    --write_buffer_size=4000000 --cache_size=8000000 --bloom_bits=10 --max_background_jobs=2
until_it_ends
