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
status_of 0 "$halloc" metrics --all --file all.prom
status_of 0 "$halloc" metrics --all --file all.prom
line_in all.prom "halloc_live_objects\{pid=\"$pid\",program=\"planted\"\}"
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
    for file in page all.prom; do
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
python3 - "$source_dir/tools/metrics/dashboard.json" page <<'PYTHON' || fail "the dashboard asks for what there is not"
import json, re, sys
asked = set(re.findall(r"halloc_[a-z_]+", json.dumps(json.load(open(sys.argv[1]))["panels"])))
there = set(re.findall(r"^(halloc_[a-z_]+)\{", open(sys.argv[2]).read(), re.M))
assert asked and asked <= there, asked - there
PYTHON

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
finish "metrics, ps and top"
