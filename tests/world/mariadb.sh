#!/bin/bash
# MariaDB: a data folder made, tables loaded, joined and sorted, eight clients at once, a dump.
# packages: mariadb-server-core mariadb-client mariadb-client-core
# programs: mariadb-install-db mariadbd mariadb mariadb-slap mariadb-dump
# served: mariadbd mariadb mariadb-slap mariadb-dump
# seconds: 240
. "$(dirname "$0")/lib.sh"
mariadb-install-db --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal --skip-test-db \
    --innodb-log-file-size=8M >install.log 2>&1
echo "mariadb-install-db ended with $?"
serve mariadbd.log mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/s" --pid-file="$PWD/pid" \
    --skip-networking --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0
client=(--no-defaults --socket="$PWD/s" --user=root)
until_it mariadb "${client[@]}" -e "select 1"

mariadb "${client[@]}" -N <<'SQL'
create database world; use world;
create table t (i int primary key, k int, pad varchar(300), h char(32), key (k, h), fulltext (pad)) engine=innodb;
insert into t select seq, seq * 7919 % 10007, repeat(concat(char(97 + seq % 26), 'word '), seq % 30), md5(seq) from seq_1_to_40000;
create table m engine=aria as select * from t where i % 3 = 0;
select k % 10, count(*), sum(length(pad)), max(h) from t group by 1 order by 1;
select count(*), sum(a.i) from t a join m b on a.h = b.h;
set group_concat_max_len = 4000000;
select md5(group_concat(h order by k, h)) from t;
select count(*) from t where match (pad) against ('cword');
select md5(json_arrayagg(json_object('i', i, 'h', h) order by i)) from t where i < 2000;
with recursive n as (select 1 as a union all select a + 1 from n where a < 900) select sum(a) from n;
update t set pad = upper(pad) where i % 5 = 0; delete from t where i % 7 = 0;
alter table t add column z int default 3; optimize table m; check table t;
SQL
echo "the client ended with $?"
mariadb-slap "${client[@]}" --concurrency=8 --iterations=2 --number-of-queries=800 --auto-generate-sql \
    --auto-generate-sql-load-type=mixed --auto-generate-sql-add-autoincrement >slap.log 2>&1
echo "mariadb-slap ended with $?"
mariadb-dump "${client[@]}" --skip-dump-date --skip-comments world | digest
stop TERM
