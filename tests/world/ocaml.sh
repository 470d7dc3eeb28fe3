#!/bin/bash
# OCaml: native code and byte code of a program with big arrays, hash tables, threads and compactions.
# packages: ocaml gcc
# programs: ocamlopt ocamlc
# served: world
. "$(dirname "$0")/lib.sh"
cat >world.ml <<'ML'
let churn seed =
  let table = Hashtbl.create 16 in
  for n = 1 to 60000 do
    Hashtbl.replace table (n * 7919 mod 1500 + seed) (String.make (n mod 300) 'x', Array.make (n mod 40) n);
    if n mod 5 = 0 then Hashtbl.remove table (n mod 1500)
  done;
  Hashtbl.fold (fun k (s, a) sum -> sum + k + String.length s + Array.length a) table 0

let big () =
  let kept = Array.make 30 None in
  let sum = ref 0 in
  for n = 1 to 2000 do
    let a = Bigarray.Array1.create Bigarray.int Bigarray.c_layout (n * 31 mod 5000 + 1) in
    a.{0} <- n;
    (match kept.(n mod 30) with Some b -> sum := !sum + Bigarray.Array1.dim b + b.{0} | None -> ());
    kept.(n mod 30) <- Some a
  done;
  !sum

let () =
  Printf.printf "churn %d\n%!" (churn 1);
  Gc.compact ();
  Printf.printf "big %d\n%!" (big ());
  let results = Array.make 6 0 in
  let threads = List.init 6 (fun n -> Thread.create (fun () -> results.(n) <- churn n + big ()) ()) in
  List.iter Thread.join threads;
  Array.iter (Printf.printf "%d ") results;
  let b = Buffer.create 10 in
  for n = 1 to 300000 do Buffer.add_string b (string_of_int n) done;
  Printf.printf "\nbuffer %d %s\n%!" (Buffer.length b) (Digest.to_hex (Digest.string (Buffer.contents b)));
  let again : (int, string) Hashtbl.t =
    let t = Hashtbl.create 1 in
    for n = 1 to 20000 do Hashtbl.add t n (string_of_int n) done;
    Marshal.from_string (Marshal.to_string t []) 0 in
  Printf.printf "again %d\n%!" (Hashtbl.length again);
  match Unix.fork () with
  | 0 -> exit (churn 3 mod 100)
  | pid -> (match Unix.waitpid [] pid with _, Unix.WEXITED n -> Printf.printf "child %d\n%!" n | _ -> print_endline "killed");
  exit 3
ML
ocamlopt -I +threads unix.cmxa threads.cmxa world.ml -o world || exit
./world
echo "it ended with $?"
ocamlc -custom -I +threads unix.cma threads.cma world.ml -o world || exit
OCAMLRUNPARAM=s=4k,a=2 ./world
echo "it ended with $?"
