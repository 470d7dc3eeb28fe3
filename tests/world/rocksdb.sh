#!/bin/bash
# RocksDB's db_bench: many threads write, read, scan, merge, delete and compact; what was found is the same.
# packages: rocksdb-tools
# programs: db_bench ldb sst_dump
# served: db_bench ldb
# seconds: 240
. "$(dirname "$0")/lib.sh"
bench() { # THREADS BENCHMARKS [OPTION...]
    db_bench --db="$PWD/db" --seed=42 --threads="$1" --benchmarks="$2" --num=60000 --value_size=300 --compression_type=snappy \
        --write_buffer_size=4000000 --cache_size=3000000 --bloom_bits=10 --max_background_jobs=3 "${@:3}" >>bench.log 2>&1
    echo "$2 ended with $?"
}
bench 1 fillseq,overwrite,compact,levelstats
bench 1 deleterandom,flush,compact,stats --use_existing_db --deletes=20000
bench 1 readrandom --use_existing_db
grep -oE '\([0-9]+ of [0-9]+ found\)' bench.log
ldb --db="$PWD/db" scan --hex --max_keys=5000 2>ldb.log | digest
# From here on what is kept depends on who came first; that all of it ends well does not.
bench 4 readrandom,seekrandom,readwhilewriting --use_existing_db --reads=15000
bench 4 mergerandom,updaterandom,readtocache --use_existing_db --merge_operator=stringappend --reads=10000 --num=10000 --writes=5000
bench 8 fillrandom,readrandom --num=20000
ldb --db="$PWD/db" checkconsistency 2>>ldb.log
