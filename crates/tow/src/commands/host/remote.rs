//! Running a shell's script on another host by ssh.
//!
//! The login shell there may be anything. So it is given one fixed command that all shells read alike, and everything
//! else follows on standard input: a line that makes lines of the next one, the script in one line, and then whatever
//! the script reads.

use std::ffi::OsStr;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use towline_client::hosts::{Address, Host};
use towline_client::io_error_in_words;
use towline_client::transport::{DialError, DialOptions, connect_master, ssh_argv};

use crate::error::{CommandError, ErrorKind};
use crate::quote::shell_quoted;
use crate::request::random_id;

/// The command. `read` takes no byte more than its line from a pipe.
const COMMAND: &str = r#"sh -c 'IFS= read -r s; eval "$s"'"#;

/// The first line: runs the second one, in which the ends of lines are written as bytes 1.
const FIRST: &str = r#"IFS= read -r s; eval "$(printf %s "$s" | tr '\001' '\012')""#;

/// The status with which ssh itself fails.
const SSH_FAILED: i32 = 255;

/// How many bytes of noise, or of output, are kept at most.
const OUTPUT_CAP: u64 = 4 << 20;

/// How many lines of standard error are kept.
const ERROR_LINES: usize = 20;

/// A script for another host, and how it is run.
#[derive(Debug, Clone)]
pub(crate) struct Script<'a> {
    /// A text for `sh`.
    pub(crate) text: &'a str,
    /// Its `$1`, `$2`, …
    pub(crate) arguments: Vec<String>,
    /// What it finds on its standard input.
    pub(crate) input: &'a [u8],
    /// How often the round trip is measured before it begins.
    pub(crate) pings: usize,
    /// How long it may take.
    pub(crate) deadline: Duration,
    /// ssh lends the keys of the user's agent to it.
    pub(crate) forward_agent: bool,
}

impl<'a> Script<'a> {
    /// A script that reads nothing.
    pub(crate) fn new(text: &'a str, deadline: Duration) -> Self {
        let arguments = Vec::new();
        Self { text, arguments, input: b"", pings: 0, deadline, forward_agent: false }
    }

    /// The same with arguments.
    pub(crate) fn arguments<S: Into<String>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        Self { arguments: arguments.into_iter().map(Into::into).collect(), ..self }
    }
}

/// What a script did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ran {
    /// What it printed.
    pub(crate) stdout: String,
    /// What the login printed before it: noise of its start-up files.
    pub(crate) noise: String,
    /// The last lines of its standard error.
    pub(crate) stderr: Vec<String>,
    /// Its exit status.
    pub(crate) status: i32,
    /// The shortest round trip that was measured.
    pub(crate) rtt: Option<Duration>,
}

impl Ran {
    /// The output, where the script succeeded.
    ///
    /// # Errors
    /// `doing` and the last line of its standard error.
    pub(crate) fn succeeded(self, doing: &str) -> Result<String, CommandError> {
        match self.status {
            0 => Ok(self.stdout),
            status => {
                let why = self.stderr.last().cloned();
                let why = why.unwrap_or_else(|| format!("the shell there ended with {status}"));
                Err(CommandError::failed(format!("{doing}: {why}")))
            }
        }
    }
}

/// Makes sure that there is a connection, over which the scripts then run. With `options.interactive` ssh's questions
/// can be answered.
///
/// # Errors
/// Why the host can't be reached.
pub(crate) async fn connect(host: &Host, options: &DialOptions) -> Result<(), CommandError> {
    connect_master(host, options).await.map_err(|error| unreachable(host, &error))
}

/// As an error of a command.
pub(crate) fn unreachable(host: &Host, error: &DialError) -> CommandError {
    let kind = match error {
        DialError::Refused { .. } => ErrorKind::Usage,
        _ => ErrorKind::Unreachable,
    };
    let message = format!("cannot reach {}: {error}", host.alias);
    CommandError { kind, message, hints: error.hints() }
}

/// Whether scripts can be run on the host.
pub(crate) fn has_shell(host: &Host) -> bool {
    matches!(host.address, Address::Ssh { .. })
}

/// Runs a script on a host. `sent` is told how many bytes of the input are on their way.
///
/// # Errors
/// Where ssh fails or the script takes too long; not where the script fails.
pub(crate) async fn run(
    host: &Host,
    options: &DialOptions,
    script: &Script<'_>,
    sent: impl FnMut(usize),
) -> Result<Ran, CommandError> {
    let late = || {
        let seconds = script.deadline.as_secs_f64().ceil();
        let message = format!("{} did not answer within {seconds} s", host.alias);
        CommandError::new(ErrorKind::TimedOut, message)
    };
    let running = run_for_ever(host, options, script, sent);
    tokio::time::timeout(script.deadline, running).await.unwrap_or_else(|_| Err(late()))
}

async fn run_for_ever(
    host: &Host,
    options: &DialOptions,
    script: &Script<'_>,
    sent: impl FnMut(usize),
) -> Result<Ran, CommandError> {
    let marker = marker()?;
    // Whoever had to answer something has done so when the connection was made.
    let options = DialOptions { interactive: false, ..options.clone() };
    let extra: &[&OsStr] = if script.forward_agent { &["-A".as_ref()] } else { &[] };
    let argv = ssh_argv(host, &options, extra, Some(COMMAND));
    let broken = |error: std::io::Error| {
        CommandError::failed(format!("cannot run ssh: {}", io_error_in_words(&error)))
    };
    let mut command = Command::new(argv.first().cloned().unwrap_or_default());
    command.args(argv.get(1..).unwrap_or_default()).kill_on_drop(true).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(broken)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(broken(std::io::ErrorKind::BrokenPipe.into()));
    };
    let first = input(script, &marker);
    let (ran, stderr) = tokio::join!(
        talk(stdin, BufReader::new(stdout), script, &marker, &first, sent),
        last_lines(stderr)
    );
    let status = child.wait().await.map_err(broken)?;
    let ran = Ran { stderr, status: code(status), ..ran };
    if ran.status == SSH_FAILED {
        let why = ran.stderr.last().map_or("the connection broke", String::as_str);
        let message = format!("cannot reach {}: {why}", host.alias);
        return Err(CommandError::new(ErrorKind::Unreachable, message));
    }
    Ok(ran)
}

/// A word that no login prints.
fn marker() -> Result<String, CommandError> {
    Ok(random_id()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// What is written to the command's standard input before the script's own input.
fn input(script: &Script<'_>, marker: &str) -> Vec<u8> {
    let arguments: Vec<String> = script.arguments.iter().map(|text| shell_quoted(text)).collect();
    let pings = "IFS= read -r x; echo;".repeat(script.pings);
    // The word is put together there, so that a shell that echoes what it reads says no such thing.
    let text = format!(
        "printf 'towline:%s\\n' {marker}\n{pings}\nset -- {}\n{}\nexit $?\n",
        arguments.join(" "),
        script.text
    );
    format!("{FIRST}\n{}\n", text.replace('\u{1}', "").replace('\n', "\u{1}")).into_bytes()
}

/// Gives the script what it reads, and reads what it prints. A stream that breaks ends this early: the exit status
/// tells what that means.
async fn talk(
    mut stdin: ChildStdin,
    mut stdout: BufReader<ChildStdout>,
    script: &Script<'_>,
    marker: &str,
    first: &[u8],
    mut sent: impl FnMut(usize),
) -> Ran {
    let mut ran = Ran::default();
    if stdin.write_all(first).await.is_err() || stdin.flush().await.is_err() {
        return ran;
    }
    let Some(noise) = up_to(&mut stdout, &format!("towline:{marker}\n")).await else { return ran };
    ran.noise = noise;
    for _ in 0..script.pings {
        let begun = Instant::now();
        let mut line = String::new();
        let asked = stdin.write_all(b"\n").await;
        if asked.is_err() || stdout.read_line(&mut line).await.is_err() {
            return ran;
        }
        ran.rtt = Some(ran.rtt.map_or(begun.elapsed(), |best| best.min(begun.elapsed())));
    }
    let giving = async {
        let mut given = 0;
        for chunk in script.input.chunks(64 << 10) {
            if stdin.write_all(chunk).await.is_err() {
                break;
            }
            given += chunk.len();
            sent(given);
        }
        drop(stdin);
    };
    let reading = async {
        let mut output = Vec::new();
        let _ = (&mut stdout).take(OUTPUT_CAP).read_to_end(&mut output).await;
        String::from_utf8_lossy(&output).into_owned()
    };
    let ((), output) = tokio::join!(giving, reading);
    ran.stdout = output;
    ran
}

/// Reads up to a word and returns what came before it; `None` where the stream ends, or is endless, first.
async fn up_to(stdout: &mut BufReader<ChildStdout>, word: &str) -> Option<String> {
    let mut seen = Vec::new();
    while !seen.ends_with(word.as_bytes()) {
        let count = (&mut *stdout).take(OUTPUT_CAP).read_until(b'\n', &mut seen).await.ok()?;
        if count == 0 || seen.len() as u64 > OUTPUT_CAP {
            return None;
        }
    }
    seen.truncate(seen.len() - word.len());
    Some(String::from_utf8_lossy(&seen).into_owned())
}

/// The last lines of standard error that say something, without control characters.
async fn last_lines(stderr: ChildStderr) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut lines = BufReader::new(stderr.take(OUTPUT_CAP)).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        // A progress bar is one line, of which its last state counts.
        let line = line.rsplit(|byte| *byte == b'\r').find(|part| !part.is_empty()).unwrap_or(&[]);
        let text = String::from_utf8_lossy(line);
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.trim().is_empty() {
            continue;
        }
        if kept.len() == ERROR_LINES {
            kept.remove(0);
        }
        kept.push(text.trim().to_owned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a host prints whose login shell is this; ssh gives the command to it in the same way.
    fn printed(shell: &str, script: &Script<'_>) -> String {
        use std::io::Write;
        let mut child = std::process::Command::new(shell)
            .args(["-c", COMMAND])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&input(script, "abc")).unwrap();
        stdin.write_all(script.input).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_script_has_its_lines_its_arguments_and_its_input() {
        let text = "for x in \"$@\"; do\n  printf '<%s>' \"$x\" # a comment\ndone\ncat";
        let hostile =
            ["plain", "a b", "it's", "$(exit 3)", "`x`", "a\nb", "\\", "!", "-n", "ü", ""];
        let script = Script::new(text, Duration::ZERO).arguments(hostile);
        let script = Script { input: b"some\nlines\n", ..script };
        for shell in ["sh", "bash", "dash", "zsh", "fish", "csh", "tcsh", "ksh"] {
            if std::process::Command::new(shell).args(["-c", "true"]).output().is_err() {
                continue;
            }
            let expected: String = hostile.map(|text| format!("<{text}>")).concat();
            assert_eq!(
                printed(shell, &script),
                format!("towline:abc\n{expected}some\nlines\n"),
                "{shell}"
            );
        }
    }

    #[test]
    fn a_script_ends_with_its_own_status() {
        let script = Script::new("false", Duration::ZERO);
        let text = String::from_utf8(input(&script, "m")).unwrap();
        assert!(text.ends_with("\u{1}false\u{1}exit $?\u{1}\n"), "{text:?}");
        assert_eq!(text.matches('\n').count(), 2);
    }
}
