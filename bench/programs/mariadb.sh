#!/bin/sh
# mariadbd under mariadb-slap: a thread for each of eight clients, which sort, group, insert and update.
#
#     mariadb.sh SCALE
. "$(dirname "$0")/server.sh"
not_as_root
prepare mariadb-install-db --no-defaults --datadir="$home/data" --auth-root-authentication-method=normal \
    --skip-test-db --innodb-log-file-size=8M
serve TERM mariadbd --no-defaults --datadir="$home/data" --socket="$home/socket" --pid-file="$home/pid" \
    --skip-networking --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0
answers mariadb --no-defaults --socket="$home/socket" --user=root -e "select 1"
client mariadb-slap --no-defaults --socket="$home/socket" --user=root --concurrency=8 \
    --number-of-queries="$(scaled 8000)" --delimiter=';' --create-schema=bench \
    --create='create table t (i int primary key auto_increment, k int, pad varchar(200), key (k));
              insert into t (k, pad) select seq * 7919 % 1009, repeat("word ", seq % 40) from seq_1_to_5000' \
    --query='select k % 10, count(*), max(pad) from t where k < 60 group by 1 order by 2;
             insert into t (k, pad) values (500, repeat("y", 150));
             update t set pad = upper(pad) where i = 7;
             select group_concat(pad order by i) from t where k between 90 and 99;
             select count(*) from t a join t b using (k) where a.i < 50'
stop
