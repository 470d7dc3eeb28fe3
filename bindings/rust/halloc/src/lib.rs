//! Halloc as the global allocator of a Rust program, on Linux.
//!
//! ```
//! #[global_allocator]
//! static GLOBAL: halloc::Halloc = halloc::Halloc;
//!
//! let words: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
//! assert!(halloc::stats().in_use_bytes > words.len());
//! ```
//!
//! Every free is checked. A double free, or a pointer that Halloc did not give out, ends the program with one line
//! on standard error. Safe Rust can't do either. Unsafe code can, and so can C code that Rust calls.
//!
//! Only Rust's allocations go to Halloc: `malloc` stays the C library's. With the feature `override` it is Halloc's
//! for the whole program, C and C++ code included.
//!
//! The environment variable `HALLOC_CONF` sets options; `HALLOC_CONF=help` prints them. A program can bring its
//! own. The environment wins where both set an option:
//!
//! ```
//! # #[global_allocator]
//! # static GLOBAL: halloc::Halloc = halloc::Halloc;
//! #[no_mangle]
//! #[allow(non_upper_case_globals)]
//! static halloc_conf: &[u8; 15] = b"stats_print:on\0"; // ends in \0, for C reads it
//! # fn main() {}
//! ```
//!
//! # Limits
//!
//! - A library that a program opens with `dlopen` must never be unloaded: the allocator's fork handlers stay behind.
//!   Link it with `-C link-arg=-Wl,-z,nodelete`. musl can't open such a library at all, because of its thread-local
//!   variables.
//! - Only one version of this crate can be in a program. Cargo checks that.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;

/// The allocator. It has no state of its own: all values are the same heap.
#[derive(Clone, Copy, Debug, Default)]
pub struct Halloc;

extern "C" {
    fn halloc_malloc(size: usize) -> *mut c_void;
    fn halloc_calloc(count: usize, size: usize) -> *mut c_void;
    fn halloc_aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn halloc_realloc(ptr: *mut c_void, size: usize) -> *mut c_void;
    fn halloc_expand(ptr: *mut c_void, size: usize) -> bool;
    fn halloc_free(ptr: *mut c_void);
    fn halloc_malloc_trim(pad: usize) -> i32;
    #[cfg(target_env = "gnu")]
    fn halloc_mallinfo2() -> Mallinfo2;
}

/// Every pointer has this alignment at least (halloc.h).
const ALIGNMENT: usize = 16;

// Sizes are never 0 here: that is a duty of the callers of GlobalAlloc.
unsafe impl GlobalAlloc for Halloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= ALIGNMENT {
            halloc_malloc(layout.size()).cast()
        } else {
            halloc_aligned_alloc(layout.align(), layout.size()).cast()
        }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, _layout: Layout) {
        halloc_free(ptr.cast())
    }

    /// calloc knows which memory is zero already, and does not touch it. There is no aligned calloc; but where a size
    /// is a multiple of its alignment, calloc's pointer nearly always has that alignment.
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let ptr: *mut u8 = halloc_calloc(1, layout.size()).cast();
        if ptr as usize % layout.align() == 0 {
            return ptr; // or NULL
        }
        halloc_free(ptr.cast());
        let ptr = self.alloc(layout);
        if !ptr.is_null() {
            ptr.write_bytes(0, layout.size());
        }
        ptr
    }

    /// realloc keeps 16 bytes of alignment when it moves an object. Where more is asked for, the object grows in
    /// place, or is moved here.
    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if layout.align() <= ALIGNMENT {
            return halloc_realloc(ptr.cast(), new_size).cast();
        }
        if new_size > layout.size() && halloc_expand(ptr.cast(), new_size) {
            return ptr;
        }
        let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
        if !moved.is_null() {
            moved.copy_from_nonoverlapping(ptr, layout.size().min(new_size));
            self.dealloc(ptr, layout);
        }
        moved
    }
}

/// What [`stats`] counts, in bytes.
#[cfg(target_env = "gnu")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The heap's size: what is in use, and what is free.
    pub heap_bytes: usize,
    /// Objects in use, and what their sizes were rounded up by.
    pub in_use_bytes: usize,
    /// What is free: it serves later requests, or was given back to the system already.
    pub free_bytes: usize,
}

/// glibc's struct of this name, as `mallinfo2(3)` has it.
#[cfg(target_env = "gnu")]
#[repr(C)]
struct Mallinfo2 {
    arena: usize,
    before_uordblks: [usize; 6],
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

/// Counts the heap's memory. Other threads may be in the middle of a call, so the figures are not exact then. The
/// time is linear in the number of blocks and slabs; allocations that need a lock wait meanwhile.
///
/// It is there with glibc only: musl's headers have no `mallinfo2`.
///
/// ```
/// # #[global_allocator]
/// # static GLOBAL: halloc::Halloc = halloc::Halloc;
/// let before = halloc::stats();
/// let kept = vec![1u8; 10_000_000];
/// assert!(halloc::stats().in_use_bytes >= before.in_use_bytes + kept.len());
/// ```
#[cfg(target_env = "gnu")]
pub fn stats() -> Stats {
    // Safety: the library may be asked at any time, from any thread.
    let info = unsafe { halloc_mallinfo2() };
    Stats { heap_bytes: info.arena, in_use_bytes: info.uordblks, free_bytes: info.fordblks }
}

/// Gives free memory back to the system now. Says whether there was any. The library does so by itself when much is
/// free; call this before the program sleeps for long. Memory in other threads' caches stays.
///
/// ```
/// # #[global_allocator]
/// # static GLOBAL: halloc::Halloc = halloc::Halloc;
/// drop(vec![1u8; 10_000_000]);
/// halloc::trim();
/// assert!(!halloc::trim()); // nothing is left to give back
/// ```
pub fn trim() -> bool {
    // Safety: the library may be asked at any time, from any thread.
    unsafe { halloc_malloc_trim(0) != 0 }
}
