#!/bin/sh
# postgres under pgbench: a process for each of four clients, which sort, hash and build strings, arrays and JSON.
#
#     postgresql.sh SCALE
. "$(dirname "$0")/server.sh"
not_as_root
prepare initdb -N -A trust --locale=C.UTF-8 -U bench -D "$home/data"
serve INT postgres -D "$home/data" -k "$home" -h "" -c fsync=off -c autovacuum=off -c shared_buffers=8MB \
    -c work_mem=16MB -c jit=off
export PGHOST="$home" PGUSER=bench PGDATABASE=postgres
answers psql -c "select 1"
psql -q -c "create table t as select i, i * 7919 % 1009 as k, repeat('x', i % 300) as pad, md5(i::text) as h
            from generate_series(1, 20000) i" -c "create index on t (k)" -c "analyze t"
cat >"$home/queries" <<'SQL'
\set a random(1, 900)
select k, count(*), max(h), string_agg(pad, ',') from t where k between :a and :a + 40 group by k order by 3;
select json_agg(row_to_json(t) order by h) from t where k between :a and :a + 5;
select count(*) from t x join t y using (h) where x.k < 100;
select array_agg(i order by pad, h) from t where k between :a and :a + 20;
update t set pad = upper(pad) where i = :a;
SQL
client pgbench -n -c 4 -j 1 -t "$(scaled 100)" -M simple --random-seed=1 -f "$home/queries"
stop
