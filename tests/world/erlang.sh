#!/bin/bash
# Erlang: its own carriers over malloc and mmap, thousands of processes, big binaries, tables; and all on malloc.
# packages: erlang-base
# programs: erl erlc
# served: beam.smp
. "$(dirname "$0")/lib.sh"
cat >world.erl <<'ERL'
-module(world).
-export([main/0]).
child(Parent, N) ->
    L = [binary:copy(<<N:32>>, I rem 300 + 1) || I <- lists:seq(1, 200)],
    Parent ! {N, iolist_size(L)}.
main() ->
    Self = self(),
    [spawn(fun() -> child(Self, N) end) || N <- lists:seq(1, 5000)],
    Sum = lists:sum([receive {N, S} -> N + S end || N <- lists:seq(1, 5000)]),
    io:format("processes ~p~n", [Sum]),
    T = ets:new(t, [ordered_set, public]),
    [ets:insert(T, {I * 7919 rem 20011, binary:copy(<<"x">>, I rem 500)}) || I <- lists:seq(1, 60000)],
    [ets:delete(T, I) || I <- lists:seq(1, 20011, 3)],
    io:format("table ~p ~p~n", [ets:info(T, size), ets:foldl(fun({K, V}, A) -> K + size(V) + A end, 0, T)]),
    Text = iolist_to_binary([["word", integer_to_list(I rem 997), $\s] || I <- lists:seq(1, 60000)]),
    io:format("text ~p ~p~n", [erlang:crc32(Text), length(re:split(Text, "1 "))]),
    io:format("packed ~p~n", [erlang:crc32(zlib:compress(Text))]),
    M = maps:from_list([{I, lists:seq(1, I rem 40)} || I <- lists:seq(1, 40000)]),
    io:format("again ~p~n", [binary_to_term(term_to_binary(M, [compressed])) =:= M]),
    io:format("big ~p~n", [erlang:phash2(lists:foldl(fun(A, B) -> A * B end, 1, lists:seq(1, 4000)))]),
    erlang:halt(3).
ERL
erlc world.erl || exit
for how in "" "+Mea min" "+S 4 +A 16"; do
    erl $how -noinput -noshell -s world main
    echo "erl $how ended with $?"
done
