#!/bin/bash
# SQLite: tables, indexes, joins, windows, full-text search, JSON, a vacuum.
# packages: sqlite3
# programs: sqlite3
# served: sqlite3
. "$(dirname "$0")/lib.sh"
sqlite3 -batch work.db ".read $workloads/sqlite.sql" "select * from no_such_table"
echo "sqlite3 ended with $?"
digest <work.db
sqlite3 -batch work.db .dump | digest
