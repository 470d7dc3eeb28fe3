#!/bin/bash
# sqlite3: tables, indexes, joins, windows, full-text search, JSON, a vacuum. The database file is the same.
. "$(dirname "$0")/lib.sh"
begin sqlite3

same 1 sqlite3 -batch work.db ".read $workloads/sqlite.sql" "select * from no_such_table"
took 1 2000 "" sqlite3 -batch work.db ".read $workloads/sqlite.sql"
same_with_every_policy 0 1000 sqlite3 -batch small.db ".read $workloads/sqlite_small.sql"
