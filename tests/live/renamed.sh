#!/bin/bash
# A process is found whatever the library's file is called: by the name that the library was linked with.
. "$(dirname "$0")/lib.sh"
program planted
cp "$library" libmy.so

begin env LD_PRELOAD="$PWD/libmy.so" ./planted known
"$halloc" ps >ps 2>err
line_in ps "^ *$pid  planted "
look 'bytes["library"] > 0' 'bytes["rest"] == 0 or near(bytes["rest"], 0, 1)'
"$halloc" profile --seconds=0 "$pid" >table 2>err || fail "profile: $(cat err)"
end

# Under another root its path is not the looker's.
mkdir root
for file in $(ldd planted | grep -o '/[^ ]*'); do
    mkdir -p "root$(dirname "$file")"
    cp -L "$file" "root$file"
done
cp planted libmy.so root
if unshare -Ur chroot root true >out 2>err || [ $? = 127 ]; then
    begin env LD_PRELOAD=/libmy.so unshare -Ur chroot root ./planted known
    "$halloc" ps >ps
    line_in ps "^ *$pid  planted  +[0-9]"
    end
else
    echo "no other root here: without it"
fi

# A library that is not ours, and a mapped file that is no library, are none.
echo 'int nothing;' | gcc -shared -fPIC -x c -o other.so -Wl,-soname,libhalloc2.so - || die "no library"
begin env LD_PRELOAD="$PWD/other.so" ./planted known
status_of 1 "$halloc" why "$pid"
line_in err 'does not run on Halloc'
end
finish "a library under another name"
