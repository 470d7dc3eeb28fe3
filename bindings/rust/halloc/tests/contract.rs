//! The four functions of GlobalAlloc, called as collections call them: sizes, alignments, contents.

use halloc::Halloc;
use std::alloc::{GlobalAlloc, Layout};

#[global_allocator]
static GLOBAL: Halloc = Halloc;

const ALIGNMENTS: [usize; 14] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 2 << 20];
// Either side of a slot's most bytes, 32 KiB, and of what is a multiple of an alignment.
const SIZES: [usize; 15] =
    [1, 2, 7, 16, 17, 48, 100, 1000, 4096, 4097, 32767, 32768, 32769, 100_000, 1_000_000];

fn layouts() -> impl Iterator<Item = Layout> {
    ALIGNMENTS.iter().flat_map(|&a| SIZES.iter().map(move |&s| Layout::from_size_align(s, a).unwrap()))
}

/// The places that are looked at: each byte of small objects, and some of each page of large ones.
fn places(bytes: usize) -> impl Iterator<Item = usize> {
    (0..bytes).step_by(if bytes > 200 { 97 } else { 1 }).chain([bytes - 1])
}

unsafe fn fill(ptr: *mut u8, bytes: usize) {
    places(bytes).for_each(|at| ptr.add(at).write((at * 31 + at / 251) as u8));
}

/// Are the bytes there that `fill` wrote to an object of `filled` bytes?
unsafe fn is_filled(ptr: *const u8, filled: usize, kept: usize) -> bool {
    places(filled).take_while(|&at| at < kept).all(|at| ptr.add(at).read() == (at * 31 + at / 251) as u8)
}

#[test]
fn every_layout_has_its_alignment_and_all_its_bytes() {
    for layout in layouts() {
        unsafe {
            let both = [Halloc.alloc(layout), Halloc.alloc(layout)];
            for ptr in both {
                assert!(!ptr.is_null(), "{layout:?}");
                assert_eq!(ptr as usize % layout.align(), 0, "{layout:?}");
                fill(ptr, layout.size());
            }
            for ptr in both {
                assert!(is_filled(ptr, layout.size(), layout.size()), "{layout:?}");
                Halloc.dealloc(ptr, layout);
            }
        }
    }
}

#[test]
fn zeroed_memory_is_zero_also_where_memory_was_used_before() {
    for layout in layouts() {
        unsafe {
            for _ in 0..3 {
                let ptr = Halloc.alloc_zeroed(layout);
                assert!(!ptr.is_null(), "{layout:?}");
                assert_eq!(ptr as usize % layout.align(), 0, "{layout:?}");
                assert!(places(layout.size()).all(|at| ptr.add(at).read() == 0), "{layout:?}");
                ptr.write_bytes(0xa5, layout.size());
                Halloc.dealloc(ptr, layout);
            }
        }
    }
}

#[test]
fn a_resized_object_keeps_its_contents_and_its_alignment() {
    for layout in layouts() {
        for &new_size in &SIZES {
            unsafe {
                let ptr = Halloc.alloc(layout);
                fill(ptr, layout.size());
                let resized = Halloc.realloc(ptr, layout, new_size);
                assert!(!resized.is_null(), "{layout:?} to {new_size}");
                assert_eq!(resized as usize % layout.align(), 0, "{layout:?} to {new_size}");
                assert!(is_filled(resized, layout.size(), new_size), "{layout:?} to {new_size}");
                fill(resized, new_size); // all of it can be written
                Halloc.dealloc(resized, Layout::from_size_align(new_size, layout.align()).unwrap());
            }
        }
    }
}

#[test]
fn what_no_machine_has_is_refused_and_a_refused_resize_changes_nothing() {
    let most = isize::MAX as usize;
    for align in [1, 16, 64, 4096] {
        let huge = Layout::from_size_align(most - (align - 1), align).unwrap();
        let small = Layout::from_size_align(100, align).unwrap();
        unsafe {
            assert!(Halloc.alloc(huge).is_null());
            assert!(Halloc.alloc_zeroed(huge).is_null());
            let ptr = Halloc.alloc(small);
            fill(ptr, 100);
            assert!(Halloc.realloc(ptr, small, huge.size()).is_null());
            assert!(is_filled(ptr, 100, 100));
            Halloc.dealloc(ptr, small);
        }
    }
    assert!(Vec::<u8>::new().try_reserve_exact(most).is_err());
}

#[test]
fn a_type_with_a_large_alignment_can_be_boxed_and_kept_in_a_growing_vector() {
    #[repr(align(4096))]
    #[derive(Clone, Copy)]
    struct Page([u8; 4096]);
    let mut pages: Vec<Page> = Vec::new();
    for n in 0..200 {
        pages.push(Page([n as u8; 4096]));
        assert_eq!(pages.as_ptr() as usize % 4096, 0);
    }
    pages.truncate(3);
    pages.shrink_to_fit();
    assert_eq!(pages.as_ptr() as usize % 4096, 0);
    assert!(pages.iter().enumerate().all(|(n, page)| page.0.iter().all(|&byte| byte == n as u8)));
    let boxed = Box::new(Page([7; 4096]));
    assert_eq!(&*boxed as *const Page as usize % 4096, 0);
}
