//! Compiles the library, one C file that includes all others, by the C compiler of this machine.
//!
//! CC_<target>, TARGET_CC, CC, CFLAGS and AR mean what they mean elsewhere with cargo.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

fn main() {
    let os = cargo_says("CARGO_CFG_TARGET_OS");
    if os != "linux" {
        give_up(&format!("it runs on Linux, and the target is {os}"));
    }
    let vendor = PathBuf::from(cargo_says("CARGO_MANIFEST_DIR")).join("vendor");
    let out = PathBuf::from(cargo_says("OUT_DIR"));
    println!("cargo:rerun-if-changed={}", vendor.display());

    let object = out.join("halloc.o");
    run(&mut compiler(&vendor.join("halloc.c"), &object));
    // The name must not be halloc: the linker could take an installed libhalloc.so in its place.
    let archive = out.join("libhalloc_rust.a");
    let _ = std::fs::remove_file(&archive);
    run(Command::new(setting("AR").unwrap_or_else(|| "ar".into())).arg("crs").arg(&archive).arg(&object));
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=halloc_rust");
}

/// The flags are those of cmake/flags.cmake. What ships is -O2, whatever the profile: an allocator that was not
/// optimised would only make a debug build slow.
fn compiler(source: &Path, object: &Path) -> Command {
    let cc = setting("CC").unwrap_or_else(|| default_compiler().into());
    let mut words = cc.to_str().unwrap_or_else(|| give_up("CC is not UTF-8")).split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc")); // CC="ccache gcc" has two words
    command.args(words);
    command.args(["-std=gnu17", "-O2", "-fPIC", "-fvisibility=hidden", "-fno-semantic-interposition", "-fexceptions"]);
    if cargo_says("DEBUG") != "false" {
        command.arg("-g");
    }
    command.arg("-DHALLOC_LIBRARY");
    if env::var_os("CARGO_FEATURE_OVERRIDE").is_none() {
        command.arg("-DHALLOC_NO_OVERRIDE"); // malloc stays libc's: the library has its prefixed names only
    }
    if let Some(flags) = setting("CFLAGS") {
        command.args(flags.to_str().unwrap_or_else(|| give_up("CFLAGS is not UTF-8")).split_whitespace());
    }
    command.arg("-c").arg(source).arg("-o").arg(object);
    command
}

/// Debian's names of cross compilers; musl's for the machine itself.
fn default_compiler() -> String {
    let (host, target) = (cargo_says("HOST"), cargo_says("TARGET"));
    let arch = cargo_says("CARGO_CFG_TARGET_ARCH");
    if host == target {
        "cc".into()
    } else if cargo_says("CARGO_CFG_TARGET_ENV") == "musl" && host.starts_with(&arch) {
        "musl-gcc".into()
    } else {
        format!("{arch}-linux-{}-gcc", cargo_says("CARGO_CFG_TARGET_ENV"))
    }
}

/// For CC: CC_x86_64-unknown-linux-gnu, CC_x86_64_unknown_linux_gnu, TARGET_CC, CC; the first that is set.
fn setting(name: &str) -> Option<OsString> {
    let target = cargo_says("TARGET");
    let names = [
        format!("{name}_{target}"),
        format!("{name}_{}", target.replace('-', "_")),
        format!("TARGET_{name}"),
        name.to_string(),
    ];
    for name in &names {
        println!("cargo:rerun-if-env-changed={name}");
    }
    names.iter().find_map(env::var_os)
}

fn cargo_says(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| give_up(&format!("cargo did not set {name}")))
}

fn run(command: &mut Command) {
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => give_up(&format!("{command:?} failed: {status}")),
        Err(why) => give_up(&format!("{:?}: {why}; a C compiler and ar are needed (CC, AR)", command.get_program())),
    }
}

fn give_up(why: &str) -> ! {
    eprintln!("halloc: {why}");
    process::exit(1)
}
