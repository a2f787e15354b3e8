//! Building the `tow` that is measured.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Builds `tow` in release and returns where it lies.
///
/// Cargo is asked for the path, since the target folder can be anywhere.
pub(crate) fn tow() -> Result<PathBuf> {
    // Both are set by `cargo run`; without it, whatever is found from the working folder.
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
        build.current_dir(folder);
    }
    build.args(["build", "--release", "-p", "tow", "--message-format=json-render-diagnostics"]);
    let built = build
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("running `cargo build --release -p tow`")?;
    if !built.status.success() {
        bail!("`cargo build --release -p tow` failed");
    }
    String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "tow")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("`cargo build --release -p tow` named no executable")
}
