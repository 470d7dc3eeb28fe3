#!/bin/bash
# halloc papers: each experiment stays within what was published, and says so. That it gives the same figures each time is
# seen in chapters 5 and 14, which show them.
. "$(dirname "$0")/lib.sh"

status_of 0 "$halloc" papers all --json
equal "the papers" "['shore', 'fifty-percent', 'russell', 'robson']" "$(json '[entry["name"] for entry in papers]')"
true_that "sources and what was read" 'all(entry["source"] and entry["read"] and entry["differs"] for entry in papers)'

# Shore: first and best fit close together, who leads decided by how much the sizes vary.
true_that "close" 'all(abs(r["difference_points"]) < 4 for r in rows("shore"))'
true_that "first fit leads" 'all((r["difference_points"] > 0) == (r["deviation_by_mean"] > 0.95) for r in rows("shore"))'
true_that "clearly" 'all(abs(r["difference_points"]) > 2 * r["error_points"] for r in rows("shore"))'
true_that "efficiency" 'all(60 < r["first_by_address_percent"] < 95 and 60 < r["best_percent"] < 95 for r in rows("shore"))'
true_that "difference" 'all(abs(r["first_by_address_percent"] - r["best_percent"] - r["difference_points"]) < 1e-5
    for r in rows("shore"))'
equal "within 3 percent" mostly "$(json 'claim("shore", "within")')"
equal "first fit ahead" yes "$(json 'claim("shore", "first_ahead")')"
equal "best fit ahead" yes "$(json 'claim("shore", "best_ahead")')"

# The fifty-percent rule: p / 2 free blocks for each in use, if frees come at random; hardly any if in order.
random='[r for r in rows("fifty-percent") if "freed after" not in r["label"] and "oldest" not in r["label"]
    and "live long" not in r["label"] and r["of_p_half"] is not None]'
equal "rows of frees at random" 8 "$(json "len($random)")"
true_that "half of p" "all(0.9 < r['of_p_half'] < 1.1 for r in $random)"
true_that "a half" "all(0.45 < r['free_by_used'] < 0.55 for r in $random if r['p'] > 0.95)"
true_that "best fit finds exact fits" 'row("fifty-percent", "best fit")["p"] < row("fifty-percent", "next fit")["p"]'
true_that "in order" 'all(r["of_p_half"] < 0.5 for r in rows("fifty-percent") if "oldest" in r["label"])'

# Russell: the published range and average.
for figure in least:1.33 most:1.50 average:1.44; do
    key=${figure%:*} value=${figure#*:}
    true_that "Russell's $key" "abs(rows('russell')[0]['$key'] - $value) < 0.015"
    true_that "as printed" "rows('russell')[0]['published_$key'] == $value"
done
true_that "never less than it takes" 'all(1 <= r["least"] <= r["average"] <= r["most"] < 2 for r in rows("russell"))'

# Robson: the bounds are never passed, in either direction.
true_that "driven at least so far" 'all(r["needed_units"] >= 2048 * 6 - 1023 for r in rows("robson"))'
true_that "never further" 'all(r["needed_by_m"] <= r["never_more_by_m"] for r in rows("robson") if r["never_more_by_m"])'
equal "never further, for so many" 4 "$(json 'sum(1 for r in rows("robson") if r["never_more_by_m"])')"
true_that "Knuth's program" 'row("robson", "Knuth'"'"'s program, buddy, given whole")["needed_units"] == 6 * 2048'
equal "the claims that were published" "['yes', 'yes', 'yes', 'yes']" \
    "$(json '[c["holds"] for c in paper("robson")["claims"] if c["holds"] != "none"]')"

# One at a time, for people.
status_of 0 "$halloc" papers russell
line_in out '^What the buddy system loses'
line_in out 'SIAM Journal'
line_in out '^           holds$'
line_in out 'sizes 1 to n, all as likely +1\.3[0-9]+ +1\.[45][0-9]+ +1\.4[0-9]+ +1\.33 +1\.50 +1\.44'
[ "$(awk 'length > 112' out | wc -l)" -eq 0 ] || fail "lines are too long for a terminal"
[ ! -s err ] || fail "progress where there is no terminal: $(cat err)"

status_of 0 "$halloc" papers --help
line_in out 'fifty-percent'
status_of 2 "$halloc" papers robsen
line_in err "there is no paper 'robsen'; there are: shore, fifty-percent, russell, robson; "
status_of 2 "$halloc" papers robson shore
status_of 2 "$halloc" papers --fast
"$halloc" papers robson >/dev/full 2>err && fail "a full disk went unnoticed"
line_in err 'cannot write'
finish "four papers"
