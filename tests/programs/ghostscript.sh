#!/bin/bash
# gs renders PostScript to PNG and to text, and writes PDF: the files are the same.
. "$(dirname "$0")/lib.sh"
begin gs
# The PDF would hold the time of its making, and an identity made of it.
export SOURCE_DATE_EPOCH=1700000000

draw() { # DEVICE FILE [OPTION...]
    same 0 gs -q -dNOPAUSE -dBATCH -dSAFER "-sDEVICE=$1" "-sOutputFile=$2" "${@:3}" "$workloads/page.ps"
}
draw png16m page-%d.png -r120 -dTextAlphaBits=4 -dGraphicsAlphaBits=4
draw pnggray grey-%d.png -r40 -dNumRenderingThreads=3 -dMaxBitmap=100000 -dBandHeight=40
draw pdfwrite page.pdf -dCompressFonts=true
cp "$work/halloc/files/page.pdf" "$work/page.pdf"
same 0 gs -q -dNOPAUSE -dBATCH -sDEVICE=ppmraw -r50 -sOutputFile=page-%d.ppm "$work/page.pdf"
took 1 1000 "" gs -q -dNOPAUSE -dBATCH -sDEVICE=ppmraw -r20 -sOutputFile=page.ppm "$workloads/page.ps"
