//! The server's log: one file, kept small, or standard error in the foreground.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use towline_client::Paths;
use tracing_subscriber::EnvFilter;

/// A log of this length is put aside at the next start (and the one before it goes), in bytes.
const CAP: u64 = 4 * 1024 * 1024;

/// The variable that says what is logged, as `EnvFilter` reads it (`debug`, `towline_server=trace`).
const FILTER: &str = "TOWLINE_LOG";

/// Begins logging. A log that can't be written is done without.
pub(crate) fn begin(paths: &Paths, foreground: bool) {
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_target(false);
    if foreground {
        let _ = subscriber.with_writer(std::io::stderr).try_init();
        return;
    }
    let path = paths.log().join("server.log");
    if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > CAP) {
        let _ = std::fs::rename(&path, path.with_extension("log.1"));
    }
    if let Ok(file) = OpenOptions::new().create(true).append(true).mode(0o600).open(&path) {
        let _ = subscriber.with_writer(Mutex::new(file)).try_init();
    }
}
