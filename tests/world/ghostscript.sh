#!/bin/bash
# Ghostscript: PostScript drawn as pictures by several threads, and written as PDF.
# packages: ghostscript
# programs: gs
# served: gs
. "$(dirname "$0")/lib.sh"
draw() { # DEVICE FILE [OPTION...]
    gs -q -dNOPAUSE -dBATCH -dSAFER "-sDEVICE=$1" "-sOutputFile=$2" "${@:3}" "$workloads/page.ps" || echo "failed"
}
draw png16m page-%d.png -r150 -dTextAlphaBits=4 -dGraphicsAlphaBits=4
draw pnggray grey-%d.png -r60 -dNumRenderingThreads=3 -dMaxBitmap=100000 -dBandHeight=40
draw txtwrite text-%d.txt
for file in *.png *.txt; do echo "$file $(digest <"$file")"; done
draw pdfwrite page.pdf
gs -q -dNOPAUSE -dBATCH -sDEVICE=ppmraw -r50 -sOutputFile=pdf-%d.ppm page.pdf
for file in pdf-*; do echo "$file $(digest <"$file")"; done
