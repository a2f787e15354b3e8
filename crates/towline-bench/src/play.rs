//! A recorded agent, as a terminal sees it: an asciicast played back in its own time.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A part of a recording.
struct Part {
    /// All that was printed before it: what its first bytes find on the screen.
    before: Vec<u8>,
    /// What was printed, and when, from its beginning.
    frames: Vec<(Duration, Vec<u8>)>,
    length: Duration,
}

/// Plays the part between the first marker whose text contains `from` and the next one that contains `to`, again and again; or with
/// no `to` prints all up to `from`, and nothing more. Runs for ever; ends with an error when the terminal is gone.
pub(crate) fn play(file: &Path, from: &str, to: Option<&str>) -> Result<()> {
    let part = read(file, from, to)?;
    let mut out = std::io::stdout().lock();
    let mut print = |bytes: &[u8]| {
        out.write_all(bytes).and_then(|()| out.flush()).context("playing a recording")
    };
    print(&part.before)?;
    if part.frames.is_empty() {
        loop {
            std::thread::park();
        }
    }
    loop {
        let start = Instant::now();
        for (at, bytes) in &part.frames {
            std::thread::sleep((start + *at).saturating_duration_since(Instant::now()));
            print(bytes)?;
        }
        std::thread::sleep((start + part.length).saturating_duration_since(Instant::now()));
    }
}

/// Reads an asciicast of version 2 that zstd has packed: a header, then a line `[SECONDS, KIND, TEXT]` for each event.
fn read(file: &Path, from: &str, to: Option<&str>) -> Result<Part> {
    let packed =
        std::fs::read(file).with_context(|| format!("reading the recording {}", file.display()))?;
    let text = zstd::decode_all(&packed[..]).context("unpacking the recording")?;
    let text = String::from_utf8(text).context("a recording is text")?;
    let mut part = Part { before: Vec::new(), frames: Vec::new(), length: Duration::ZERO };
    let mut begun: Option<f64> = None;
    for line in text.lines().skip(1) {
        let event: Value = serde_json::from_str(line).context("reading a recording's event")?;
        let (Some(at), Some(kind), Some(text)) =
            (event[0].as_f64(), event[1].as_str(), event[2].as_str())
        else {
            bail!("a recording's event is [SECONDS, KIND, TEXT], not {line}");
        };
        match (kind, begun) {
            ("o", None) => part.before.extend_from_slice(text.as_bytes()),
            ("o", Some(start)) => {
                part.frames.push((Duration::from_secs_f64(at - start), text.into()));
            }
            ("m", None) if text.contains(from) => {
                begun = Some(at);
                if to.is_none() {
                    return Ok(part);
                }
            }
            ("m", Some(start)) if to.is_some_and(|to| text.contains(to)) => {
                part.length = Duration::from_secs_f64(at - start);
                return Ok(part);
            }
            _ => {}
        }
    }
    bail!("{} has no marker {:?}", file.display(), if begun.is_some() { to } else { Some(from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_between_two_markers() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "{\"version\":2}\n[0.1,\"o\",\"a\"]\n[0.5,\"m\",\"is working\"]\n[0.6,\"o\",\"b\"]\n\
                    [0.7,\"i\",\"x\"]\n[1.5,\"m\",\"is idle\"]\n[2,\"o\",\"c\"]\n";
        std::fs::write(file.path(), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
        let part = read(file.path(), "working", Some("idle")).unwrap();
        assert_eq!((part.before.as_slice(), part.frames.len()), (&b"a"[..], 1));
        assert_eq!(part.frames[0].1, b"b");
        assert_eq!(part.length, Duration::from_secs(1));
        let still = read(file.path(), "idle", None).unwrap();
        assert_eq!((still.before.as_slice(), still.frames.len()), (&b"abc"[..2], 0));
        assert!(read(file.path(), "done", None).is_err());
    }
}
