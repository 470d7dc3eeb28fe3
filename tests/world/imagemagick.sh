#!/bin/bash
# ImageMagick: pictures drawn, blurred, turned and resized by OpenMP's threads, written in several formats.
# packages: imagemagick
# programs: convert identify montage compare
# served: convert identify montage
. "$(dirname "$0")/lib.sh"
export MAGICK_THREAD_LIMIT=4
look() { identify -format '%m %w %h %#\n' "$@"; }
convert -seed 7 -size 600x400 plasma:red-blue plasma.png && look plasma.png
convert plasma.png -resize 150% -rotate 13 -blur 0x5 -unsharp 0x2 turned.png && look turned.png
convert plasma.png -swirl 90 -wave 8x60 -colorspace Lab -modulate 110,80 -dither FloydSteinberg -colors 60 few.gif && look few.gif
convert plasma.png -morphology Dilate Disk:5 -negate -quality 80 dilated.jpg && look dilated.jpg
convert -size 300x300 xc:white -fill none -stroke black -draw "circle 150,150 40,150 bezier 10,10 200,20 30,280 290,290" drawn.tiff && look drawn.tiff
convert plasma.png -fx "u*sin(i/30)" fx.png && look fx.png
for n in {1..20}; do convert plasma.png -crop "100x100+$((n * 20))+$((n * 10))" +repage "part$n.png"; done
montage part*.png -background grey -geometry 50x50+2+2 -tile 5x sheet.png && look sheet.png
compare -metric RMSE plasma.png fx.png difference.png
echo
convert no-such-file.png out.png 2>&1 | cut -d@ -f1
