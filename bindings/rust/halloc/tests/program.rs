//! A program with collections and threads on Halloc: it computes what it should, and its memory is Halloc's.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;
use std::thread;

#[global_allocator]
static GLOBAL: halloc::Halloc = halloc::Halloc;

extern "C" {
    fn halloc_malloc_usable_size(ptr: *mut u8) -> usize;
    fn halloc_process_check(broken: *mut *const u8) -> bool;
}

/// Asks the library: it ends the program at a pointer that it did not give out.
fn is_ours<T>(object: *const T) -> bool {
    unsafe { halloc_malloc_usable_size(object as *mut u8) >= std::mem::size_of::<T>() }
}

fn heap_is_whole() -> bool {
    unsafe { halloc_process_check(std::ptr::null_mut()) }
}

/// Numbers that look random, the same each time.
fn mix(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed as usize
}

/// Words are counted in two kinds of map while vectors and strings come, grow and go. The maps must agree.
fn churn(seed: u64) -> usize {
    let mut seed = seed * 2 + 1;
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut sorted: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Vec<u8>> = vec![Vec::new(); 100];
    for turn in 0..2000 {
        let word = format!("word {}", "x".repeat(mix(&mut seed) % 50));
        *counts.entry(word.clone()).or_default() += 1;
        *sorted.entry(word).or_default() += 1;
        let place = &mut kept[turn % 100];
        place.extend((0..mix(&mut seed) % 3000).map(|_| turn as u8));
        if place.len() > 20_000 {
            *place = Vec::new();
        }
    }
    assert_eq!(counts.len(), sorted.len());
    assert!(sorted.iter().all(|(word, count)| counts[word] == *count));
    assert!(is_ours(counts.keys().next().unwrap().as_ptr()));
    kept.iter().map(Vec::len).sum::<usize>() + sorted.values().sum::<usize>()
}

#[test]
fn threads_compute_the_same_as_one_thread() {
    let alone: Vec<usize> = (0..6).map(churn).collect();
    let threads: Vec<_> = (0..6).map(|n| thread::spawn(move || churn(n))).collect();
    let together: Vec<usize> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(alone, together);
    assert!(heap_is_whole());
}

#[test]
fn objects_go_from_thread_to_thread_and_are_freed_there() {
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let senders: Vec<_> = (0..4)
        .map(|n| {
            let sender = sender.clone();
            thread::spawn(move || {
                for i in 0..1000 {
                    sender.send(vec![format!("{n}-{i}"); i % 20]).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let strings: usize = receiver.iter().map(|list| list.len()).sum();
    assert_eq!(strings, 4 * 50 * (0..20).sum::<usize>());
    for sender in senders {
        sender.join().unwrap();
    }
    assert!(heap_is_whole());
}

#[test]
fn statistics_count_what_the_program_holds() {
    let held: Vec<Box<[u8]>> = (0..1000).map(|_| vec![1u8; 100_000].into_boxed_slice()).collect();
    let full = halloc::stats();
    assert!(is_ours(held[999].as_ptr()));
    assert!(full.in_use_bytes >= 100_000_000, "{full:?}");
    assert_eq!(full.heap_bytes, full.in_use_bytes + full.free_bytes);
    drop(held);
    let after = halloc::stats();
    assert!(after.in_use_bytes <= full.in_use_bytes - 90_000_000, "{after:?}"); // other tests run meanwhile
}

#[test]
fn trim_gives_back_what_was_resident() {
    let held: Vec<Vec<u8>> = (0..100).map(|_| vec![1u8; 1 << 20]).collect();
    let full = resident_kib();
    drop(held);
    halloc::trim();
    assert!(resident_kib() + 80 * 1024 < full, "{} KiB of {full} are left", resident_kib());
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_panic_that_unwinds_frees_what_it_passes() {
    for _ in 0..200 {
        let caught = std::panic::catch_unwind(|| {
            let lost = vec![vec![0u8; 1000]; 10];
            std::panic::resume_unwind(Box::new(lost.len())); // no message on stderr
        });
        assert_eq!(*caught.unwrap_err().downcast::<usize>().unwrap(), 10);
    }
    assert!(heap_is_whole());
}

thread_local! {
    static LAST: std::cell::RefCell<Vec<String>> = std::cell::RefCell::new(Vec::new());
}

#[test]
fn thread_locals_may_free_when_their_thread_ends() {
    for _ in 0..50 {
        thread::spawn(|| LAST.with(|last| last.borrow_mut().extend((0..100).map(|n| n.to_string()))))
            .join()
            .unwrap();
    }
    assert!(heap_is_whole());
}
