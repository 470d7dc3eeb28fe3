#!/bin/bash
# Tcl: lists, dictionaries, text, threads, bytecode; with an allocator of its own for small objects.
# packages: tcl tcl-thread
# programs: tclsh
# served: tclsh
# exits: 3
. "$(dirname "$0")/lib.sh"
cat >work.tcl <<'TCL'
package require Thread
set d [dict create]
for {set n 0} {$n < 60000} {incr n} {
    dict set d k[expr {$n * 7919 % 1500}] [list $n [string repeat x [expr {$n % 200}]]]
    if {$n % 7 == 0} { dict unset d k[expr {$n % 1500}] }
}
puts "dict [dict size $d] [zlib crc32 [encoding convertto utf-8 $d]]"
set text ""
for {set n 0} {$n < 50000} {incr n} { append text "word[expr {$n * 31 % 997}] " }
puts "text [string length [regsub -all {([0-9])1} $text {\1x}]] [llength [lsort -unique [split $text]]]"
puts "packed [zlib crc32 [zlib deflate $text 9]]"
set l {}
for {set n 0} {$n < 100000} {incr n} { lappend l [expr {$n * 7919 % 10007}] }
puts "sorted [zlib crc32 [lsort -integer $l]]"
set threads {}
for {set t 0} {$t < 6} {incr t} {
    lappend threads [thread::create -joinable {
        proc churn n { for {set i 0} {$i < 20000} {incr i} { set a([expr {$i % 300}]) [string repeat y [expr {$i % 500 + $n}]] }
            set sum 0; foreach k [array names a] { incr sum [string length $a($k)] }; return $sum }
        thread::wait }]
}
set t 0
foreach id $threads { lappend sums [thread::send $id "churn [incr t]"] }
foreach id $threads { thread::release $id }
foreach id $threads { thread::join $id }
puts "threads $sums"
puts "big [string length [expr {7 ** 9000}]]"
proc deep n { deep [incr n] }
if {[catch { deep 0 } why]} { puts $why }
exit 3
TCL
tclsh work.tcl
