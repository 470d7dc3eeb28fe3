//! What only another process can show: this program is started again, does one thing, and ends as it must.

use std::alloc::{GlobalAlloc, Layout};
use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::thread;

#[global_allocator]
static GLOBAL: halloc::Halloc = halloc::Halloc;

/// The program's own options: they are in force, and the environment is stronger.
#[no_mangle]
#[allow(non_upper_case_globals)]
static halloc_conf: &[u8; 12] = b"misuse:warn\0";

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

fn again(what: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env("HALLOC_TEST_CHILD", what);
    command.env("HALLOC_CONF", "misuse:abort");
    command
}

fn errors_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Does nothing in the parent.
#[test]
fn child() {
    let layout = Layout::from_size_align(100, 8).unwrap();
    match env::var("HALLOC_TEST_CHILD").as_deref() {
        Ok("frees twice") => unsafe {
            let ptr = halloc::Halloc.alloc(layout);
            halloc::Halloc.dealloc(ptr, layout);
            halloc::Halloc.dealloc(ptr, layout);
        },
        Ok("frees the stack") => unsafe {
            let mut local = [0u64; 16];
            halloc::Halloc.dealloc(local.as_mut_ptr().cast(), layout);
        },
        Ok("asks for too much") => drop(Vec::<u8>::with_capacity(isize::MAX as usize)),
        Ok(other) => panic!("no such child: {other}"),
        Err(_) => {}
    }
}

#[test]
fn a_double_free_ends_the_program_and_is_named() {
    let output = again("frees twice").output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
    assert!(errors_of(&output).contains("freed already"), "{output:?}");
}

#[test]
fn a_pointer_to_the_stack_ends_the_program_and_is_named() {
    let output = again("frees the stack").output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
    assert!(errors_of(&output).contains("not a pointer of this heap"), "{output:?}");
}

#[test]
fn memory_that_no_machine_has_ends_the_program_as_rust_says() {
    let output = again("asks for too much").output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
    assert!(errors_of(&output).contains("memory allocation of"), "{output:?}");
}

#[test]
fn a_program_brings_its_own_options_and_the_environment_wins() {
    let output = again("frees twice").env_remove("HALLOC_CONF").output().unwrap();
    assert!(output.status.success() && errors_of(&output).contains("freed already"), "{output:?}");
    let output = again("frees twice").output().unwrap();
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
}

/// Threads allocate while the program forks; each child allocates, starts a thread, and frees what its parent made.
#[test]
fn a_fork_beside_threads_that_allocate_leaves_a_heap_that_works() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::Arc;
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..3)
        .map(|n| {
            let stop = stop.clone();
            thread::spawn(move || {
                let mut kept = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    kept.push(vec![n as u8; 50_000 >> (kept.len() % 12)]);
                    if kept.len() > 200 {
                        kept.clear();
                    }
                }
            })
        })
        .collect();
    for _ in 0..50 {
        let inherited = vec![String::from("from the parent"); 1000];
        let pid = unsafe { fork() };
        assert!(pid >= 0);
        if pid == 0 {
            drop(inherited);
            let made = thread::spawn(|| (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
            let all_there = made.join().map_or(0, |made| made.len()) == 1000;
            unsafe { _exit(i32::from(!all_there)) }
        }
        let mut status = -1;
        assert_eq!(unsafe { waitpid(pid, &mut status, 0) }, pid);
        assert_eq!(status, 0);
        drop(inherited);
    }
    stop.store(true, Ordering::Relaxed);
    for thread in busy {
        thread.join().unwrap();
    }
}
