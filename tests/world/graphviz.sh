#!/bin/bash
# Graphviz: graphs of hundreds of nodes laid out in four ways, and drawn.
# packages: graphviz fonts-dejavu-core
# programs: dot neato fdp circo gvpr
# served: dot neato fdp circo
. "$(dirname "$0")/lib.sh"
{
    echo 'digraph g { node [shape=record];'
    for n in {1..70}; do
        echo "n$n [label=\"{node $n|$((n * 7919 % 97))}\"]; n$n -> n$((n * 31 % 70 + 1)) [label=\"e$n\"]; n$((n / 3 + 1)) -> n$n;"
    done
    echo '}'
} >graph.gv
for program in dot neato fdp circo; do
    for format in svg png plain; do
        echo "$program $format $($program -T$format graph.gv 2>$program.log | digest)"
    done
done
gvpr -c 'N { $.color = "red" } E { delete(NULL, $) }' graph.gv | digest
