#!/bin/bash
# ffmpeg: pictures and sound made, encoded by several threads with several codecs, decoded, filtered.
# packages: ffmpeg
# programs: ffmpeg ffprobe
# served: ffmpeg ffprobe
# seconds: 240
. "$(dirname "$0")/lib.sh"
quiet=(ffmpeg -hide_banner -nostdin -v error -fflags +bitexact -threads 4)
picture=(-f lavfi -i "testsrc2=size=320x240:rate=25:duration=4")
sound=(-f lavfi -i "sine=frequency=440:duration=4,aformat=channel_layouts=stereo")
encode() { # FILE OPTION...
    "${quiet[@]}" "${picture[@]}" "${sound[@]}" -shortest -flags +bitexact "${@:2}" -fflags +bitexact "$1" || echo "failed"
    echo "$1 $(digest <"$1") $(ffprobe -v error -show_entries stream=codec_name,nb_frames,width -of csv=p=0 "$1" | xargs)"
    "${quiet[@]}" -i "$1" -vf "scale=160:120,hue=h=30,boxblur=2,split[a][b];[a]hflip[c];[b][c]hstack" -f framemd5 - | digest
}
encode a.mkv -c:v libx264 -preset veryfast -threads 4 -c:a aac
encode b.mp4 -c:v mpeg4 -q:v 4 -c:a aac
encode c.webm -c:v libvpx -deadline realtime -cpu-used 8 -threads 1 -c:a libopus
encode d.avi -c:v ffv1 -threads 4 -slices 4 -c:a pcm_s16le
encode e.mkv -c:v libx265 -preset ultrafast -x265-params log-level=none:pools=4:frame-threads=2 -c:a flac
encode f.gif -an -vf "fps=5,split[a][b];[a]palettegen[p];[b][p]paletteuse"
"${quiet[@]}" -i a.mkv -vf "select=eq(n\,50)" -frames:v 1 -f image2 page.png && digest <page.png
"${quiet[@]}" -i no-such-file out.mkv
echo "ffmpeg ended with $?"
