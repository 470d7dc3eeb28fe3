#!/bin/bash
# Explanations of small heaps whose answers are counted out here. A header takes 32 bytes, payloads are
# multiples of 16, heaps grow by pages of 4096.
. "$(dirname "$0")/../map/lib.sh"
[ "$(getconf PAGESIZE)" = 4096 ] || skip "the numbers are for pages of 4096 bytes"

explain() { # QUESTION OPTION...: of known.htrace, to out
    local question=$1
    shift
    "$halloc" explain --at "$question" "$@" known.htrace >out 2>err || fail "explain $question $*: $(cat err)"
}
said() { # WORDS: literally
    grep -qF -- "$1" out || { fail "not said: $1"; cat out; }
}

# --- Ten holes of 1,008 B between blocks of 40 B, and a tail: 12,288 - 10 * (1,040 + 80) - 32 = 1,056 B.
lines=()
for i in {0..9}; do lines+=("a $((2 * i)) 1000" "a $((2 * i + 1)) 40"); done
for i in {0..9}; do lines+=("f $((2 * i))"); done
rep known "${lines[@]}" "a 20 4112" "f 1" "f 20"

explain op:30 --with=first
said "Operation 30: malloc of 4,112 B."
said "The heap grew by 4,096 B for it, to 16,384 B, and it lies at 0x2be0: 11,136 B was free in 11 holes, the largest 1,056 B."
said "So no choice of a hole could have served it."
said "Best fit, replayed from the start, would have grown too, to 16,384 B."
said "100 % of the holes are pinned by 40 B blocks, 9 of 10 still live at the end."
explain op:30 --with=first --json
equal "numbers" "(30, 4112, 4096, 16384, 11136, 11, 1056, True, 100, 40, False)" "$(json '(answer["operation"],
    answer["size"], answer["grew_bytes"], answer["heap_bytes"], answer["free_bytes"], answer["holes"],
    answer["largest_hole_bytes"], answer["no_hole_could_serve"], answer["pinned_percent"],
    answer["pinned_by_bytes"], answer["pinned_to_the_end"])')"

explain fail --with=first --limit 12288
said "It failed: 11,136 B was free in 11 holes, the largest 1,056 B. So no choice of a hole could have served it. The heap may not be larger than 12,288 B."
equal "best fit is spoken of last" "Best fit, replayed from the start, would have failed too." "$(tail -n 1 out)"
explain fail --with=first
said "No operation fails under first fit; its heap reaches 16,384 B."

explain op:31 # the first 40 B block: 1,008 + 80 + 1,008 + 32 of header
said "is free again, merged with free blocks on both sides: a hole of 2,128 B now."
explain peak
said "Most is live after operation 19: 10,400 B in 20 objects."
said "96 % of what is live, 10,000 B, are 10 blocks of 1,000 B, all freed later."
said "4 % of what is live, 400 B, are 10 blocks of 40 B, 9 of them never freed."

said 'Who asked for it? `halloc trace --stacks` records call sites; this trace has none.'
said "Under segregated fit:"

# --- 28 sizes from 100 to 127 B, 3,178 B, say nothing one by one; 1,000 B do; 1 B is 0 % of 4,179 B.
lines=()
for i in {0..27}; do lines+=("a $i $((100 + i))"); done
lines+=("a 28 1000" "a 29 1")
for i in {0..26..2}; do lines+=("f $i"); done
rep known "${lines[@]}"
explain peak --with=first
said "76 % of what is live, 3,178 B, are 28 blocks of 64 to 127 B, 14 of them never freed."
said "24 % of what is live, 1,000 B, is 1 block of 1,000 B, never freed."
equal "holders" 2 "$(grep -c "of what is live" out)"
head -c -8 known.htrace >cut.htrace # of a program that went on, perhaps
"$halloc" explain --at peak --with=first cut.htrace >out 2>err
said "14 of them not freed in what was recorded."
"$halloc" stat cut.htrace >out 2>err
said "in 16 objects not freed in what was recorded"
grep -q "never freed" out && fail "what a cut recording does not tell is told: $(cat out)"
explain end --with=first
said "% of the holes are pinned by blocks of 64 to 127 B, still live at the end."

# --- Five holes, each beside a block of 40 B; two of them also beside one of 72 B.
rep known "a 0 1000" "a 1 40" "a 2 1000" "a 3 72" "a 4 1000" "a 5 40" "a 6 1000" "a 7 40" \
    "f 0" "f 2" "f 4" "f 6" "a 8 9000"
explain op:12 --with=first
said "100 % of the holes are pinned by 40 B blocks, still live at the end."

# --- First fit takes the large hole, freed last, for a small request; the large request then finds none.
rep known "a 0 1000" "a 1 40" "a 2 100" "a 3 40" "a 4 2720" "f 2" "f 0" "a 5 100" "a 6 1000"
explain op:7 --with=first
said "placed at 0x20, in the hole of 1,008 B at 0x20: first fit took it after looking at 1 free block, and 864 B of it stay free."
said "Best fit would have taken the smaller hole of 112 B at 0x480."
explain op:7 --with=best
said "placed at 0x480, in the hole of 112 B at 0x480: best fit took it after looking at 2 free blocks, and all of it is given, 12 B more than asked for."
grep -q "would have taken" out && fail "best fit is told of a better one"
explain op:8 --with=first
said "976 B was free in 2 holes, the largest 864 B."
said "Best fit, replayed from the start, would have had room in its heap of 4,096 B."
explain fail --with=first --limit 4096
said "Best fit, replayed from the start, would have placed it, in a heap of 4,096 B."
for limit in 4k 4K "4 KiB" 4KiB 4,096 0x1000; do
    explain fail --with=first --limit "$limit"
    said "Best fit, replayed from the start, would have placed it, in a heap of 4,096 B."
done
explain fail --with=first --limit 4096 --json
equal "best fit does not fail" "False" "$(json 'answer["best_fit_fails_too"]')"

explain addr:0x480@6
said "After operation 6 0x480 lies in a hole of 112 B at 0x480."
said "Before it, at 0x430, lies a block of 40 B, asked for by operation 1 and never freed."
said "Behind it, at 0x510, lies a block of 40 B, asked for by operation 3 and never freed."
said "While both are in use, it can't become larger."
explain addr:0x420@6
said "lies in the header of the block at 0x430: 40 B, asked for by operation 1 and never freed."
said "Operation 1: malloc of 40 B. It was placed at 0x430, in the hole of 3,024 B at 0x430"
explain addr:0x9999
said "is above the heap, which ends at 0x"

# --- Buddies: 1,100 B and a header are 2,048 with them.
rep known "a 0 1100" "a 1 1100" "f 0" "f 1" "a 2 100"
explain op:1 --with=buddy
said "in the hole of 2,016 B at 0x820: buddy fit took it after looking at 1 free block"
said "all of it is given, 916 B more than asked for"
explain op:4 --with=buddy # 4,096 in halves: 256 taken, 256 + 512 + 1,024 + 2,048 left, less four headers
said "in the hole of 4,064 B at 0x20: buddy fit took it after looking at 1 free block, and 3,712 B of it stay free."

# --- realloc, where it is and elsewhere.
rep known "a 0 100" "r 0 900" "a 1 100" "r 0 2000" "r 0 50"
explain op:1
said "It grew where it is, at 0x20, from 112 B to 912 B: what lies behind it was free."
explain op:3
said "It had to move from 0x20: there was no room behind it."
explain op:4
said "It stays where it is, at 0x460, with 64 B of the 2,000 B it had."
explain addr:0x20@1
said "because of this:"
said "Operation 0: malloc of 100 B."

# --- At the heap's end a realloc grows where it is: its block begins at 0xc30 and ends, of 4,096 B, at 976 B. The
# hole of 3,008 B, which first fit would have found, is not looked for.
rep known "a 0 3000" "a 1 16" "a 2 500" "f 0" "r 2 560" "r 2 970" "r 2 980"
explain op:5 --with=first
said "It grew where it is, at 0xc30, from 560 B to 976 B: what lies behind it was free."
explain op:6 --with=first
said "It grew where it is, at 0xc30, from 976 B to 992 B. No block in use lies behind it, so realloc made the heap longer by 4,096 B, to 8,192 B, and asked first fit for no hole. 3,008 B was free in 1 hole, the largest 3,008 B. The largest would have held it, but realloc moves only what can't grow where it is."
said "Best fit, replayed from the start, would have grown too"
explain op:6 --with=first --json
equal "numbers" "(True, 4096, 3008, False)" "$(json '(answer["realloc_at_the_end"], answer["grew_bytes"],
    answer["largest_hole_bytes"], "no_hole_could_serve" in answer)')"

# --- The end: what was never freed, since when, beside the peak.
rep known "a 0 1000" "a 1 40" "a 2 1000" "a 3 40" "f 0" "a 4 40" "f 2" "a 5 4096" "f 5" "a 6 40"
explain end --with=first
said "After the last operation, 9, 160 B in 4 objects is still live, never freed: 3.8 % of the peak, which is 4,216 B after operation 7."
said "Under first fit: heap 8.0 KiB: asked for 2.0 %"
said "100 % of what is live, 160 B, are 4 blocks of 40 B, asked for by operations 1 to 9 (10 to 90 % of the run), half of them by 30 %."
said "of the holes are pinned by 40 B blocks, still live at the end."
explain end --json
equal "numbers" "(9, 160, 4, 7, 4216, 0)" "$(json '(answer["last_operation"], answer["live_bytes"],
    answer["live_objects"], answer["peak_operation"], answer["peak_bytes"], answer["failed_calls"])')"
rep known "a 0 1000" "a 1 40" "f 1" "f 0"
explain end
said "After the last operation, 3, nothing is live: 0.0 % of the peak, which is 1,040 B after operation 1."
grep -q "Who asked" out && fail "nobody asked for nothing"

# --- A limit that is no heap, and calls that fail under it: 4,096 B hold three blocks of 1,000 B.
rep known "a 0 1000" "a 1 1000" "a 2 1000" "a 3 1000" "a 4 1000" "f 0"
for question in peak end op:5 addr:0x20@5; do
    explain $question --limit 5
    said "2 of the 5 calls for memory until then failed, for the heap may not be larger than 4,096 B (5 B, in whole pages)."
done
explain peak --limit 5
said "What is live in it: 3,000 B in 3 objects."
explain fail --limit 5
said "The heap may not be larger than 4,096 B (5 B, in whole pages)."
explain peak --limit 5 --json
equal "numbers" "(4096, 5, 2)" "$(json '(answer["limit_bytes"], answer["calls"], answer["failed_calls"])')"
explain peak --limit 1M
grep -q "failed" out && fail "nothing failed"

# --- A policy of one's own: alone, or beside one that is named.
own_policy
explain peak --policy own.so
said "Under address fit:"
explain peak --policy=./own.so --with best
said "Under best fit:"
status_of 2 "$halloc" explain --policy nosuch.so known.htrace
line_in err '^halloc explain: --policy: .*nosuch.so'

# --- What makes no sense.
status_of 2 "$halloc" explain
status_of 2 "$halloc" explain --at whatever known.htrace
status_of 2 "$halloc" explain --at op:1x known.htrace
status_of 2 "$halloc" explain --with nonsense known.htrace
status_of 2 "$halloc" explain --with process --limit 1M known.htrace
line_in err 'the process heap takes all'
for limit in none "" 0 M 4X 4Mi 4kk -4 ,4 0x 16777216T; do
    status_of 2 "$halloc" explain --limit "$limit" known.htrace
done
status_of 1 "$halloc" explain --at op:99 known.htrace
line_in err 'there is no such operation'
status_of 1 "$halloc" explain nothing.htrace
finish "explanations of heaps that are known"
