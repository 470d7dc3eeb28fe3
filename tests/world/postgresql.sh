#!/bin/bash
# PostgreSQL: a cluster made, loaded and raced by pgbench, queries with sorts, hashes and parallel workers, a dump.
# packages: postgresql-15 postgresql-client-15
# programs: initdb postgres pgbench psql pg_dump
# served: initdb postgres pgbench psql pg_dump
# seconds: 240
. "$(dirname "$0")/lib.sh"
export PGHOST=$PWD PGUSER=world PGDATABASE=postgres PGDATA=$PWD/data
initdb -N -A trust --locale=C.UTF-8 -U world >initdb.log || exit
serve postgres.log postgres -k "$PWD" -h "" -c fsync=off -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0
until_it psql -c "select 1"

pgbench -q -i -s 2 >pgbench.log 2>&1
echo "pgbench -i ended with $?"
for how in simple extended prepared; do
    pgbench -n -c 8 -j 2 -t 100 -M $how --random-seed=1 2>pgbench.log | grep -E '^(number of (trans|failed)|query mode)'
done
psql -v ON_ERROR_STOP=1 -At <<'SQL'
select sum(abalance) = (select sum(delta) from pgbench_history), count(*) from pgbench_accounts;
select sum(tbalance) = (select sum(bbalance) from pgbench_branches) from pgbench_tellers;
create table t as select i, i * 7919 % 10007 as k, repeat('x', i % 300) as pad, md5(i::text) as h from generate_series(1, 60000) i;
create index on t (k, h); create index on t using gin ((array[k, i % 10])); analyze t;
set work_mem = '256kB';
select md5(string_agg(h, '' order by k, h)) from t;
select k % 10, count(*), sum(length(pad)), max(h) from t group by 1 order by 1;
set work_mem = '64MB'; set max_parallel_workers_per_gather = 2;
select count(*), sum(a.i) from t a join t b on a.h = b.h and a.k <> b.i;
select md5(json_agg(row_to_json(t) order by i)::text) from t where i < 3000;
select count(*) from t where array[k, i % 10] @> array[5];
with recursive tree(n, d) as (select 1, 0 union all select 2 * n + b, d + 1 from tree, (values (0), (1)) v (b) where d < 12)
    select d, count(*), max(n) from tree group by d order by d;
do $$ declare total bigint := 0; a text[]; begin
    for n in 1..20000 loop a := array_append(a[1:50], repeat('y', n % 90)); total := total + length(a[1]); end loop;
    raise notice 'total %', total; end $$;
select regexp_replace(string_agg(h, ','), '[0-9]+', '#', 'g') = '' from t;
vacuum full t;
select 1 / 0;
SQL
echo "psql ended with $?"
pg_dump -t t --no-comments | grep -vE '^(--|\\(un)?restrict )' | digest
stop INT
