//! Typing into a pane.

use towline_protocol::v1::{self, send_step::Step};
use towline_vt::{Modes, encode_paste};

use super::TmuxError;
use super::keys::{self, Key};
use super::quote;
use super::script::{LINE_TOO_LONG, Script};
use super::setup::Found;

/// So many bytes are one word of the script: shells read long words slowly.
const PART: usize = 32 * 1024;

/// What a program's terminal takes as one line while it edits lines itself; the rest would be cut. Of Linux and macOS.
const LINE_MAX_LINUX: usize = 4095;
const LINE_MAX_OTHER: usize = 1023;

/// What bracketed pastes begin and end with; tmux puts it there itself, where the program has asked for it.
const BRACKETS: usize = "\x1b[200~".len();

/// One thing that tmux is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// Bytes for the program, bracketed where it has asked for that.
    Paste(Vec<u8>),
    /// Bytes for the program as they are.
    Bytes(Vec<u8>),
    /// A key.
    Key(Key),
    /// Wait for the echo to be calm.
    Calm,
}

/// What the steps of a send are to tmux.
///
/// # Errors
/// A key that has no name, a step that says nothing: found before anything is typed.
pub(super) fn typed(steps: &[v1::SendStep]) -> Result<Vec<Typed>, TmuxError> {
    let mut typed = Vec::with_capacity(steps.len() + 1);
    for step in steps {
        if step.calm {
            typed.push(Typed::Calm);
        }
        typed.push(match &step.step {
            // An agent takes a pasted "/status" for text; typed, it is a command.
            Some(Step::Text(text)) if text.starts_with('/') && !text.contains('\n') => {
                Typed::Bytes(text.clone().into_bytes())
            }
            Some(Step::Text(text)) => Typed::Paste(paste(text)),
            Some(Step::Key(key)) => Typed::Key(keys::key(key)?),
            Some(Step::Raw(bytes)) => Typed::Bytes(bytes.clone()),
            None => return Err(TmuxError::Invalid("a step of this send is empty".into())),
        });
    }
    Ok(typed)
}

/// A text as a paste without its brackets. Nobody here knows whether the program has asked for bracketed pastes, so
/// what could end one early or act as a key is left out either way.
fn paste(text: &str) -> Vec<u8> {
    let bracketed = encode_paste(text, &Modes { bracketed_paste: true, ..Modes::default() });
    let end = bracketed.len().saturating_sub(BRACKETS).max(BRACKETS);
    bracketed.get(BRACKETS..end).unwrap_or_default().to_vec()
}

/// The script that types into a pane. `buffer` is a name that no other buffer has.
pub(super) fn script(found: &Found, pane: u64, typed: &[Typed], buffer: &str) -> Vec<u8> {
    let tmux = found.tmux();
    let mut script = Script::about(found, pane);
    script.alive();
    let most = line_max(&found.system);
    if typed.iter().any(|typed| longest_line(typed) > most) {
        // `icanon` is a word of its own there; switched off it is `-icanon`.
        script.line(format!(
            "if stty -a <\"$6\" 2>/dev/null | tr ' ;' '\\n\\n' | grep -qx icanon; then exit {LINE_TOO_LONG}; fi"
        ));
    }
    script.takes_input(found, pane);
    if typed.contains(&Typed::Calm) {
        script.line(calm(&tmux, pane));
        script.line("tow_old=$(tow_look)");
    }
    for typed in typed {
        match typed {
            // tmux keeps no empty buffer.
            Typed::Paste(bytes) | Typed::Bytes(bytes) if bytes.is_empty() => {}
            Typed::Paste(bytes) => {
                write_to_buffer(&mut script, &tmux, buffer, bytes);
                paste_buffer(&mut script, found, pane, buffer, &[b"-p"]);
            }
            Typed::Bytes(bytes) => {
                write_to_buffer(&mut script, &tmux, buffer, bytes);
                paste_buffer(&mut script, found, pane, buffer, &[]);
            }
            Typed::Key(key) => {
                let at = format!("%{pane}").into_bytes();
                let (literal, name): (&[&[u8]], _) = match key {
                    Key::Literal(text) => (&[b"-l"], text),
                    Key::Named(name) => (&[], name),
                };
                let mut words: Vec<&[u8]> = vec![b"send-keys", b"-t", &at];
                words.extend_from_slice(literal);
                words.extend_from_slice(&[b"--", name.as_bytes()]);
                script.tmux(found, &[&words]);
            }
            Typed::Calm => script.line("tow_calm"),
        }
    }
    script.finish()
}

/// Writes bytes into a buffer, through a pipe: a word of tmux's may not be long.
fn write_to_buffer(script: &mut Script, tmux: &str, buffer: &str, bytes: &[u8]) {
    script.line("{");
    for part in bytes.chunks(PART) {
        // A word of the shell holds any byte but NUL.
        let (format, word) = match part.contains(&0) {
            true => ("printf '%b' ", quote::sh(quote::octal(part))),
            false => ("printf '%s' ", quote::sh(part)),
        };
        script.line([format.as_bytes(), &word].concat());
    }
    script.line(format!(":\n}} | {tmux} load-buffer -b {buffer} - 2>&1 || exit 1"));
}

/// `-r`: line ends stay what they are; `-d`: the buffer is gone afterwards.
fn paste_buffer(script: &mut Script, found: &Found, pane: u64, buffer: &str, options: &[&[u8]]) {
    let at = format!("%{pane}").into_bytes();
    let mut words: Vec<&[u8]> = vec![b"paste-buffer", b"-d", b"-r"];
    words.extend_from_slice(options);
    words.extend_from_slice(&[b"-b", buffer.as_bytes(), b"-t", &at]);
    script.tmux(found, &[&words]);
}

/// A function that waits until the pane shows an echo (at most a quarter of a second: there may be none) and then
/// doesn't change from one look to the next, forty milliseconds later; half a second at most. `$tow_old` is what it
/// showed before.
fn calm(tmux: &str, pane: u64) -> String {
    format!(
        r##"tow_look() {{
  {tmux} display-message -p -t '%{pane}' '#{{cursor_x}} #{{cursor_y}} #{{history_size}}' \; \
    capture-pane -p -e -t '%{pane}' 2>/dev/null
}}
tow_calm() {{
  tow_n=0; tow_seen=$tow_old
  while [ "$tow_n" -lt 11 ]; do
    sleep 0.04 2>/dev/null || {{ sleep 1; break; }}
    tow_n=$((tow_n + 1))
    tow_new=$(tow_look)
    if [ "$tow_new" = "$tow_seen" ]; then
      [ "$tow_new" != "$tow_old" ] || [ "$tow_n" -ge 6 ] && break
    fi
    tow_seen=$tow_new
  done
  tow_old=$tow_new
}}"##
    )
}

/// What a terminal of this system takes as one line.
pub(super) fn line_max(system: &str) -> usize {
    if system == "Linux" { LINE_MAX_LINUX } else { LINE_MAX_OTHER }
}

/// The longest line that is typed at once.
pub(super) fn longest_line(typed: &Typed) -> usize {
    match typed {
        Typed::Paste(bytes) | Typed::Bytes(bytes) => {
            bytes.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::len).max().unwrap_or(0)
        }
        Typed::Key(_) | Typed::Calm => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: Step, calm: bool) -> v1::SendStep {
        v1::SendStep { step: Some(step), calm }
    }

    #[test]
    fn a_command_of_the_agents_is_typed_and_a_text_pasted() {
        let text = |text: &str| typed(&[step(Step::Text(text.into()), false)]).unwrap().remove(0);
        assert_eq!(text("/status"), Typed::Bytes(b"/status".to_vec()));
        assert_eq!(text("/a\nb"), Typed::Paste(b"/a\rb".to_vec()));
        assert_eq!(text("a\r\nb\n\tc"), Typed::Paste(b"a\rb\r\tc".to_vec()));
        assert_eq!(text("x\x1b[201~y\x03"), Typed::Paste(b"xy".to_vec()));
        assert_eq!(text(""), Typed::Paste(Vec::new()));
        let steps = [step(Step::Raw(b"\0".to_vec()), false), step(Step::Key("C-c".into()), true)];
        assert_eq!(
            typed(&steps).unwrap(),
            [Typed::Bytes(b"\0".to_vec()), Typed::Calm, Typed::Key(Key::Named("C-c".into()))]
        );
        assert!(typed(&[step(Step::Key("Nokey".into()), false)]).is_err());
        assert!(typed(&[v1::SendStep::default()]).is_err());
    }

    #[test]
    fn lines_are_measured_by_the_longest() {
        assert_eq!(longest_line(&Typed::Paste(b"ab\rabc\r".to_vec())), 3);
        assert_eq!(longest_line(&Typed::Calm), 0);
        assert_eq!((line_max("Linux"), line_max("Darwin")), (4095, 1023));
    }
}
