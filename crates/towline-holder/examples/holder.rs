//! A holder and nothing else: `holder __holder DIR`, as the tests start it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args_os().nth(2) {
        Some(dir) => towline_holder::run(Path::new(&dir)),
        None => ExitCode::from(2),
    }
}
