#!/bin/bash
# go: the tools are static, so no preload reaches them; a program with cgo asks C for memory from many threads.
# packages: golang-go gcc libc6-dev
# programs: go gcc
# served: world
# seconds: 240
. "$(dirname "$0")/lib.sh"
export GOCACHE=$PWD/cache GOPATH=$PWD/path GOFLAGS=-mod=mod GOPROXY=off CGO_ENABLED=1
mkdir world
cd world
cat >go.mod <<'MOD'
module world
go 1.19
MOD
cat >main.go <<'GO'
package main

/*
#include <stdlib.h>
#include <string.h>
static char *grow(char *text, size_t size) { return realloc(text, size); }
static long sum(const char *text, size_t size) { long all = 0; while (size--) all += text[size]; return all; }
*/
import "C"
import ("fmt"; "net"; "os"; "os/exec"; "sync"; "unsafe")

func churn(seed uint64) (total int64) {
	kept := make([]unsafe.Pointer, 200)
	for turn := 0; turn < 5000; turn++ {
		seed = seed*6364136223846793005 + 1442695040888963407
		at, size := (seed>>33)%200, C.size_t((seed>>40)%5000+1)
		if kept[at] != nil { total += int64(*(*byte)(kept[at])); C.free(kept[at]) }
		kept[at] = C.malloc(size)
		C.memset(kept[at], C.int(turn%100), size)
		if turn%9 == 0 { kept[at] = unsafe.Pointer(C.grow((*C.char)(kept[at]), size*3)) }
		total += int64(C.sum((*C.char)(kept[at]), size))
	}
	for _, pointer := range kept { C.free(pointer) }
	return
}

func main() {
	sums := make([]int64, 200)
	var group sync.WaitGroup
	for n := range sums {
		group.Add(1)
		go func(n int) { defer group.Done(); sums[n] = churn(uint64(n)) }(n)
	}
	group.Wait()
	var all int64
	for _, sum := range sums { all += sum }
	fmt.Println("sum", all)
	text := C.CString("to C and back")
	fmt.Println(C.GoString(text))
	C.free(unsafe.Pointer(text))
	where, err := net.LookupHost("localhost")
	fmt.Println(len(where) > 0, err)
	out, err := exec.Command("sh", "-c", "echo child; exit 4").CombinedOutput()
	fmt.Printf("%s %v\n", out, err)
	os.Exit(3)
}
GO
go build -o ../bin/world . || exit

cd ..

GODEBUG=netdns=cgo bin/world
echo "it ended with $?"
GOGC=5 bin/world | head -n 1
