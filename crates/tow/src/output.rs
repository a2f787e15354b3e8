//! The only place that writes to the standard streams.

use std::io::{self, Write};

use serde::Serialize;
use towline_client::io_error_in_words;

use crate::error::{CommandError, ErrorKind};

/// Writes text to standard output.
///
/// # Errors
/// [`ErrorKind::OutputClosed`] where nobody reads it any more; otherwise why it could not be written.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()).map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return CommandError::new(ErrorKind::OutputClosed, "nobody reads the output");
        }
        CommandError::failed(format!(
            "cannot write to standard output: {}",
            io_error_in_words(&error)
        ))
    })
}

/// Writes one line to standard output.
///
/// # Errors
/// As [`print`].
pub(crate) fn line(text: impl Into<String>) -> Result<(), CommandError> {
    let mut text = text.into();
    text.push('\n');
    print(text)
}

/// Writes one JSON document to standard output.
///
/// # Errors
/// As [`print`].
pub(crate) fn json(document: &impl Serialize) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| CommandError::failed(format!("cannot write JSON: {error}")))?;
    line(text)
}

/// Writes one JSON document in one line to standard output, for outputs that are a sequence of them.
///
/// # Errors
/// As [`print`].
pub(crate) fn json_line(document: &impl Serialize) -> Result<(), CommandError> {
    let text = serde_json::to_string(document)
        .map_err(|error| CommandError::failed(format!("cannot write JSON: {error}")))?;
    line(text)
}

/// Tells something beside the result: a line on standard error. Who has closed that doesn't want to know.
pub(crate) fn message(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Asks something: text on standard error, with what is typed behind it.
pub(crate) fn prompt(text: impl std::fmt::Display) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// Tells why a command failed, as `tow: what went wrong: why` and hints.
pub(crate) fn error(error: &CommandError) {
    if error.kind == ErrorKind::OutputClosed {
        return;
    }
    let mut text = format!("tow: {}\n", one_line(&error.message));
    for hint in &error.hints {
        text.push_str(&format!("hint: {}\n", one_line(hint)));
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Text that came from elsewhere (a server, a pane's name) as one line that moves no cursor.
pub(crate) fn one_line(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.trim_end().chars().map(printable).collect()
}
