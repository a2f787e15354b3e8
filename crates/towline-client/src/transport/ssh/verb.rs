//! Running a verb of another host's `tow`: what it reads goes in, what it prints comes out.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::hosts::Host;
use crate::transport::{DialError, DialOptions, Dialed, ReachError, Way};

/// The most that a verb may print, in bytes: a ledger of a hundred thousand issues is 60 MB.
const MOST: u64 = 1 << 30;

/// Runs `tow VERB` on a host, by ssh, with `input` on its standard input, and returns what it prints. `verb` is a fixed text of
/// plain words; everything that varies is in the input. Reaching the host has `options.deadline`, what the verb does has
/// `patience`.
///
/// # Errors
/// Why the host can't be reached or has no `tow`, or what the verb said of its failure where it printed nothing.
pub async fn run_there(
    host: &Host,
    options: &DialOptions,
    verb: &'static str,
    input: &[u8],
    patience: Duration,
) -> Result<Vec<u8>, ReachError> {
    let Dialed { mut reader, mut writer, way } = super::dial_verb(host, options, verb).await?;
    let giving = async {
        // One that doesn't read it says why.
        let _ = writer.write_all(input).await;
        let _ = writer.shutdown().await;
        drop(writer);
    };
    let mut printed = Vec::new();
    let mut reader = (&mut reader).take(MOST);
    let taking = reader.read_to_end(&mut printed);
    let both = async { tokio::join!(giving, taking).1 };
    let outcome = timeout(patience, both).await;
    match outcome {
        Ok(Ok(_)) if !printed.is_empty() => Ok(printed),
        Ok(_) => Err(match (way.why_ended().await, &way) {
            (Some(words), Way::Ssh(ssh)) if ssh.is_of_tow() => ReachError::Verb(words),
            (Some(words), _) => DialError::Unreachable(words.message).into(),
            (None, _) => DialError::Unreachable("the link broke".into()).into(),
        }),
        Err(_) => {
            let message = format!("it did not answer within {} s", patience.as_secs());
            Err(DialError::Unreachable(message).into())
        }
    }
}
