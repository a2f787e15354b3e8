//! Texts on the command line: as they stand there, from a file, or from standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use towline_ledger::LedgerError;

use crate::error::CommandError;

/// The text that an option's value is: `-` is standard input.
///
/// # Errors
/// Where standard input can't be read, or is no text.
pub(crate) fn text(value: &str) -> Result<String, CommandError> {
    if value != "-" {
        return Ok(value.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::io("cannot read standard input", &error))?;
    of_bytes(bytes, "standard input")
}

/// The text of a file; `-` is standard input.
///
/// # Errors
/// Where it can't be read, or is no text.
pub(crate) fn file(path: &Path) -> Result<String, CommandError> {
    if path == Path::new("-") {
        return text("-");
    }
    let bytes = std::fs::read(path).map_err(|error| {
        CommandError::io(format_args!("cannot read {}", path.display()), &error)
    })?;
    of_bytes(bytes, &path.display().to_string())
}

/// The text of an option, or of the file that another names.
///
/// # Errors
/// As [`text`] and [`file`].
pub(crate) fn text_or_file(
    value: Option<&str>,
    path: Option<&PathBuf>,
) -> Result<Option<String>, CommandError> {
    match (value, path) {
        (_, Some(path)) => file(path).map(Some),
        (Some(value), None) => text(value).map(Some),
        (None, None) => Ok(None),
    }
}

fn of_bytes(bytes: Vec<u8>, from: &str) -> Result<String, CommandError> {
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::usage(format!("what {from} has is no UTF-8")))?;
    // What ends the last line is no part of the text.
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The priority that an option's value is.
///
/// # Errors
/// One line for the person who typed it.
pub(crate) fn priority(text: &str) -> Result<u8, String> {
    towline_ledger::kinds::priority(text).map_err(|error: LedgerError| {
        let hints = error.hints.join("; ");
        format!("{error} ({hints})")
    })
}
