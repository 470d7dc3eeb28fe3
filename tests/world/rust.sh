#!/bin/bash
# cargo and rustc: a package with a library, threads and tests is built twice, optimised and not, and runs.
# packages: cargo rustc gcc libc6-dev
# programs: cargo rustc
# served: cargo rustc world
# seconds: 240
. "$(dirname "$0")/lib.sh"
export CARGO_HOME=$PWD/cargo CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
mkdir -p world/src
cat >world/Cargo.toml <<'TOML'
[package]
name = "world"
version = "0.1.0"
edition = "2021"
TOML
cat >world/src/main.rs <<'RUST'
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn mix(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13; *seed ^= *seed >> 7; *seed ^= *seed << 17; *seed
}

fn churn(seed: u64) -> u64 {
    let mut seed = seed + 42;
    let mut table: HashMap<u64, Vec<String>> = HashMap::new();
    let mut tree = BTreeMap::new();
    let mut kept: VecDeque<Box<[u8]>> = VecDeque::new();
    for turn in 0..30_000u64 {
        let key = mix(&mut seed) % 2000;
        table.entry(key).or_default().push("x".repeat((mix(&mut seed) % 200) as usize));
        tree.insert(mix(&mut seed) % 5000, turn.to_string());
        kept.push_back(vec![turn as u8; (mix(&mut seed) % 9000) as usize].into_boxed_slice());
        if kept.len() > 300 { kept.pop_front(); }
        if turn % 3 == 0 { table.remove(&(mix(&mut seed) % 2000)); tree.remove(&(mix(&mut seed) % 5000)); }
    }
    let mut sum = kept.iter().map(|b| b.len() as u64 + b.first().copied().unwrap_or(0) as u64).sum::<u64>();
    sum += table.values().flatten().map(|s| s.len() as u64).sum::<u64>();
    sum + tree.iter().map(|(k, v)| k * v.len() as u64).sum::<u64>()
}

fn main() {
    let all = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..8).map(|n| { let all = all.clone(); thread::spawn(move || all.lock().unwrap().push((n, churn(n)))) }).collect();
    for t in threads { t.join().unwrap(); }
    let mut all = all.lock().unwrap().clone();
    all.sort();
    println!("threads {:?}", all);
    let (send, receive) = mpsc::channel::<Vec<String>>();
    let producers: Vec<_> = (0..4).map(|n| { let send = send.clone(); thread::spawn(move || for i in 0..2000 { send.send(vec![format!("{n}-{i}"); i % 30]).unwrap(); }) }).collect();
    drop(send);
    println!("channel {}", receive.iter().flatten().map(|s| s.len()).sum::<usize>());
    for p in producers { p.join().unwrap(); }
    let mut grown = Vec::new();
    for i in 0..3_000_000u64 { grown.push(i); }
    grown.shrink_to_fit();
    println!("grown {}", grown.iter().sum::<u64>());
    let caught = std::panic::catch_unwind(|| { let v: Vec<i32> = Vec::new(); v[3] });
    println!("caught {}", caught.is_err());
    std::process::exit(3);
}

#[test]
fn the_same_twice() { assert_eq!(churn(1), churn(1)); }
#[test]
fn seeds_differ() { assert_ne!(churn(1), churn(2)); }
RUST
cd world
cargo build --offline >../debug.log 2>&1
echo "cargo build ended with $?"
cargo build --release --offline >../release.log 2>&1
echo "cargo build --release ended with $?"
for kind in debug release; do
    digest <target/$kind/world
    target/$kind/world 2>/dev/null
    echo "$kind ended with $?"
done
cargo test --offline 2>../test.log | grep -oE '^test [a-z_]+ \.\.\. .*|^test result: ok. [0-9]+ passed' | sort
echo 'fn main() { let x: i32 = "a"; }' >../wrong.rs
rustc ../wrong.rs
echo "rustc ended with $?"
