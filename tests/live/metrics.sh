#!/bin/bash
# `halloc metrics` writes OpenMetrics text that its reference parser reads; `halloc ps` and `halloc top` list processes.
. "$(dirname "$0")/lib.sh"

program planted
begin env LD_PRELOAD="$library" ./planted known
look "it['live_objects'] > 0"
status_of 0 "$halloc" metrics "$pid"
cp out page
equal "the last line" "# EOF" "$(tail -n 1 page)"
value() { # NAME: of its one sample
    sed -nE "s/^$1\{pid=\"$pid\",program=\"planted\"\} ([0-9]+)$/\1/p" page
}
equal "live objects" "$(json "it['live_objects']" seen)" "$(value halloc_live_objects)"
equal "pinned bytes" "$(json "it['pinned_bytes']" seen)" "$(value halloc_pinned_bytes)"
equal "the sum of all kinds" "$(value halloc_resident_bytes)" \
    "$(awk '/^halloc_memory_bytes/ { sum += $NF } END { printf "%.0f", sum }' page)"
status_of 0 "$halloc" metrics --all --file all.om
status_of 0 "$halloc" metrics --all --file all.om
line_in all.om "halloc_live_objects\{pid=\"$pid\",program=\"planted\"\}"
# A file for the node exporter has the older text: there a counter's family ends in _total, too.
status_of 0 "$halloc" metrics --all --file all.prom
line_in all.prom "halloc_live_objects\{pid=\"$pid\",program=\"planted\"\}"
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    for file in page all.om; do
        /usr/bin/python3 - "$file" <<'PYTHON' || fail "$file: not OpenMetrics"
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
assert len(families) == 10, len(families)
assert all(family.samples and family.documentation for family in families)
PYTHON
    done
else
    fail "no python3-prometheus-client (Debian's package of that name)"
fi
status_of 0 "$halloc" metrics --to=prometheus --file same.om "$pid"
for file in all.prom same.om; do
    line_in $file '^# TYPE halloc_purged_bytes_total counter$'
    line_in $file '^# HELP halloc_purged_bytes_total .'
    grep -qE '^# (UNIT|EOF)' $file && fail "$file is OpenMetrics"
    command -v promtool >/dev/null || continue
    promtool check metrics <$file >out 2>&1 || fail "$file: promtool: $(cat out)"
done
python3 - "$source_dir/tools/metrics/dashboard.json" page <<'PYTHON' || fail "the dashboard asks for what there is not"
import json, re, sys
asked = set(re.findall(r"halloc_[a-z_]+", json.dumps(json.load(open(sys.argv[1]))["panels"])))
there = set(re.findall(r"^(halloc_[a-z_]+)\{", open(sys.argv[2]).read(), re.M))
assert asked and asked <= there, asked - there
PYTHON

# A Unix socket: who asks by HTTP is answered so, who does not has the text alone.
ask() { # REQUEST: what the socket answers
    /usr/bin/python3 - "$1" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as it:
    it.connect("metrics.sock")
    it.sendall(sys.argv[1].encode().decode("unicode_escape").encode())
    it.shutdown(socket.SHUT_WR)
    print(b"".join(iter(lambda: it.recv(65536), b"")).decode(), end="")
PYTHON
}
"$halloc" metrics --listen metrics.sock "$pid" 2>err &
listener=$!
soon test -S metrics.sock || die "no socket: $(cat err)"
equal "who may connect" 600 "$(stat -c %a metrics.sock)"
ask 'GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n' >answer
line_in answer '^HTTP/1.1 200 OK'
line_in answer '^Content-Type: application/openmetrics-text; version=1.0.0'
line_in answer "^halloc_live_objects\{pid=\"$pid\",program=\"planted\"\} $(value halloc_live_objects)\$"
equal "its length" "$(sed -nE 's/^Content-Length: ([0-9]+)\r/\1/p' answer)" "$(sed '1,/^\r$/d' answer | wc -c)"
equal "the text alone" "$(head -n 1 page)" "$(ask '' | head -n 1)"
line_in <(ask 'GET /other HTTP/1.1\r\n\r\n') '^HTTP/1.1 404'
line_in <(ask 'POST /metrics HTTP/1.1\r\n\r\n') '^HTTP/1.1 404'
status_of 1 "$halloc" metrics --listen metrics.sock --all
line_in err '^halloc metrics: metrics.sock: is in use'
status_of 1 "$halloc" metrics --listen page --all
line_in err '^halloc metrics: page: exists and is no socket: not replaced'
kill -KILL $listener # what it leaves is replaced
wait $listener 2>/dev/null
"$halloc" metrics --listen metrics.sock --all 2>err &
listener=$!
soon ask '' || fail "a left socket is not replaced: $(cat err)"
kill -TERM $listener
wait $listener
equal "the status after a signal" 0 $?
[ -e metrics.sock ] && fail "the socket is still there"
"$halloc" metrics --listen metrics.sock "$pid" 2>err &
listener=$!
soon test -S metrics.sock || fail "no socket for one process: $(cat err)"
status_of 2 "$halloc" metrics --listen a --file b --all
status_of 2 "$halloc" metrics --to=xml --all

status_of 0 "$halloc" ps
line_in out "^ *$pid  planted +[0-9.]+ MiB +[0-9.]+ MiB .* 200,0[45][0-9] +1\$"
status_of 0 "$halloc" top --times 2 "$pid"
equal "the lines of top" 3 "$(wc -l <out)"
line_in out "^[0-9:]{8} +$pid  planted"
if command -v script >/dev/null; then
    TERM=dumb script -qec "$halloc top --times 1 $pid" /dev/null </dev/null >out
    line_in out "^[0-9:]{8} +$pid  planted"
    grep -q $'\033' out && fail "top sends escapes to a terminal without them"
fi
"$halloc" top "$pid" >watched 2>err &
watcher=$!
soon grep -q planted watched || fail "top does not print"
end
wait $watcher
equal "the status of top whose process has ended" 0 $?
wait $listener
equal "the status of a listener whose process has ended" 0 $?
[ -e metrics.sock ] && fail "the socket outlives the process"
finish "metrics, ps and top"
