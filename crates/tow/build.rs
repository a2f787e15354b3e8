//! Links `tow` at a fixed address.
//!
//! A position-independent executable of this size writes to hundreds of pages when it is relocated at
//! start, and each pane's holder is a process of this program: without relocation a holder's private
//! memory stays far below half a megabyte, and every command starts faster.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| {
        std::env::var(key).is_ok_and(|v| v.split(',').any(|part| part == value))
    };
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        if is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
            println!("cargo::rustc-link-arg-bins=-static");
        }
    }
}
