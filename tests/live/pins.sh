#!/bin/bash
# `halloc why` names the call site whose objects pin free memory, although another has far more objects of that size.
# Where objects look alike it names what is in use, and without samples nobody.
. "$(dirname "$0")/lib.sh"
program pins

# Some 800 samples are in use, and 31 of them by the site that pins: none at all once in 10^13 runs.
what="a planted site"
begin env LD_PRELOAD="$library" HALLOC_CONF=sample:32K ./pins
look "it['sampled']" "[at['slot'] for at in it['pins']] == [64]" "near(it['pins'][0]['pinned_bytes'], it['pinned_bytes'], 0.01)" \
    "it['pins'][0]['seen'] > 2000" "600 < it['pins'][0]['samples'] < 1000" \
    "it['pins'][0]['sites'][0]['frames'][0].startswith('keep_single (pins.c:')" "it['pins'][0]['sites'][0]['share'] > 0.9"
"$halloc" why "$pid" >table 2>err || fail "$what: $(cat err)"
line_in table '^      64   [56][0-9]\.[0-9] MiB +(9[0-9]|100) % keep_single \(pins\.c:[0-9]+\) < main'
"$halloc" snapshot -o S "$pid" >out 2>err && "$halloc" why --json S >out 2>err || fail "a snapshot: $(cat err)"
equal "a snapshot names nobody" False "$(json "'pins' in it")"
end

what="objects that look alike"
begin env LD_PRELOAD="$library" HALLOC_CONF=sample:32K ./pins alike
look "it['pins'][0]['sites'][0]['frames'][0].startswith('keep_together')" "0.85 < it['pins'][0]['sites'][0]['share'] < 0.999" \
    "near(sum(site['share'] for site in it['pins'][0]['sites']), 1, 0.001)"
end

what="no samples"
begin env LD_PRELOAD="$library" ./pins
look "not it['sampled']" "it['pins'][0]['slot'] == 64" "it['pins'][0]['sites'] == []"
"$halloc" why "$pid" >table 2>err || fail "$what: $(cat err)"
line_in table '^Who pins\? Start the program with HALLOC_CONF=sample:512K'
end
finish "who pins"
