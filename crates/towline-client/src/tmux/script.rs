//! What the scripts of several operations have in common.

use super::frame::Answer;
use super::list::is_nobody;
use super::quote;
use super::setup::Found;
use super::{Place, TmuxError};

/// The pane isn't there.
const NO_PANE: i32 = 101;
/// Its program has ended.
const ENDED: i32 = 102;
/// It takes no input.
const INPUT_OFF: i32 = 103;
/// The folder isn't there.
pub(super) const NO_FOLDER: i32 = 104;
/// The program isn't there, or didn't stay.
pub(super) const CANNOT_START: i32 = 105;
/// Its terminal would cut the line.
pub(super) const LINE_TOO_LONG: i32 = 106;

/// A script in the making, run by a shell of its own, so that it can `exit`.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<u8>);

impl Script {
    /// A script about a pane that must be there. The shell's `$1` and so on are then tmux's words about it: its id,
    /// whether it is dead, in a mode, its input off, its process and its terminal.
    pub(super) fn about(found: &Found, pane: u64) -> Self {
        let tmux = found.tmux();
        let mut script = Self::default();
        script.line(format!(
            "tow_at=$({tmux} display-message -p -t '%{pane}' '#{{pane_id}} #{{pane_dead}} #{{pane_in_mode}} \
             #{{pane_input_off}} #{{pane_pid}} #{{pane_tty}}' 2>&1)"
        ));
        script.line("set -- $tow_at");
        script.line(format!(
            "[ \"$1\" = '%{pane}' ] || {{ printf '%s\\n' \"$tow_at\"; exit {NO_PANE}; }}"
        ));
        script
    }

    /// Goes on only where the pane's program runs.
    pub(super) fn alive(&mut self) {
        self.line(format!("[ \"$2\" = 1 ] && exit {ENDED}"));
    }

    /// Goes on only where the pane takes input, and leads it out of the mode it may be in: keys would be commands of
    /// that.
    pub(super) fn takes_input(&mut self, found: &Found, pane: u64) {
        let tmux = found.tmux();
        self.line(format!("[ \"$4\" = 1 ] && exit {INPUT_OFF}"));
        self.line(format!(
            "[ \"$3\" = 0 ] || {tmux} copy-mode -q -t '%{pane}' >/dev/null 2>&1 || \
             {tmux} send-keys -X -t '%{pane}' cancel >/dev/null 2>&1"
        ));
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: impl AsRef<[u8]>) {
        self.0.extend_from_slice(line.as_ref());
        self.0.push(b'\n');
    }

    /// Adds a line of tmux's commands, each a list of words; where one fails, what it says is printed and the script
    /// ends.
    pub(super) fn tmux(&mut self, found: &Found, commands: &[&[&[u8]]]) {
        self.0.extend_from_slice(found.tmux().as_bytes());
        for (index, command) in commands.iter().enumerate() {
            if index > 0 {
                self.0.extend_from_slice(b" \\;");
            }
            for word in *command {
                self.0.push(b' ');
                self.0.extend(quote::tmux(word));
            }
        }
        self.line(" 2>&1 || exit 1");
    }

    /// The script as it is run.
    pub(super) fn finish(self) -> Vec<u8> {
        [b"(\n".as_slice(), &self.0, b")\n"].concat()
    }
}

/// What a script about a pane printed, or the failure that its status means.
///
/// # Errors
/// Where the status isn't 0.
pub(super) fn outcome(place: &Place, pane: u64, answer: Answer) -> Result<Vec<u8>, TmuxError> {
    let host = place.host.clone();
    match answer.status {
        0 => Ok(answer.output),
        NO_PANE => {
            let said = String::from_utf8_lossy(&answer.output).trim().to_owned();
            // A version that says nothing of a pane that isn't there fills in nothing.
            let gone = said.starts_with("can't find") || !said.contains(char::is_alphabetic);
            match gone || is_nobody(&said) {
                true => Err(TmuxError::NoPane { host, pane }),
                false => Err(TmuxError::Refused { host, said }),
            }
        }
        ENDED => Err(TmuxError::Ended { pane }),
        INPUT_OFF => Err(TmuxError::InputOff { pane }),
        _ => Err(refused(place, &answer.output)),
    }
}

/// tmux's own words, as a failure.
pub(super) fn refused(place: &Place, output: &[u8]) -> TmuxError {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed");
    let said = line.chars().filter(|c| !c.is_control()).take(300).collect();
    TmuxError::Refused { host: place.host.clone(), said }
}
