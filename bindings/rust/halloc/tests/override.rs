//! Whose malloc does C code of the program get? libc's; with the feature `override` Halloc's.

#[global_allocator]
static GLOBAL: halloc::Halloc = halloc::Halloc;

extern "C" {
    fn halloc_is_overriding() -> bool;
    fn strdup(text: *const u8) -> *mut u8; // a malloc inside libc
    fn free(ptr: *mut u8);
}

#[test]
fn malloc_is_halloc_with_the_feature_override_alone() {
    assert_eq!(unsafe { halloc_is_overriding() }, cfg!(feature = "override"));
}

#[cfg(target_env = "gnu")]
#[test]
fn memory_of_c_code_counts_with_the_feature_override_alone() {
    let text = vec![b'x'; 50_000_000];
    let before = halloc::stats().in_use_bytes;
    let copy = unsafe { strdup([text.as_slice(), b"\0"].concat().as_ptr()) };
    let more = halloc::stats().in_use_bytes - before;
    assert_eq!(more >= 50_000_000, cfg!(feature = "override"), "{more} bytes");
    unsafe { free(copy) };
}
