//! The list to choose a pane from.

mod list;

use towline_protocol::v1;

use super::keys::{Key, Name, Token, What, mods, token};
use super::open_terminal;
use super::scanner::HOLD;
use super::signals::{Signals, Wake};
use super::terminal::Terminal;
use crate::error::CommandError;
use list::{List, Outcome, Press};

/// What came of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The pane at this place of the list.
    Pane(usize),
    /// None.
    Left,
    /// This client was told to end, by this signal.
    Signal(i32),
}

/// Lets the person choose one of the panes, each shown as its target, on the terminal.
///
/// # Errors
/// Where there is no terminal, or it can't be used.
pub(crate) async fn choose(panes: &[v1::Pane], targets: &[String]) -> Result<Choice, CommandError> {
    let failed = |error| CommandError::io("cannot use the terminal", &error);
    let terminal = open_terminal()?;
    let mut signals = Signals::new().map_err(failed)?;
    terminal.enter().map_err(failed)?;
    let choice = run(&terminal, &mut signals, List::new(panes, targets)).await;
    terminal.leave();
    choice.map_err(failed)
}

async fn run(
    terminal: &Terminal,
    signals: &mut Signals,
    mut list: List,
) -> std::io::Result<Choice> {
    let mut typed = Vec::new();
    let mut buffer = [0; 256];
    loop {
        write(terminal, &list.paint(terminal.size())).await?;
        tokio::select! {
            wake = signals.next() => match wake {
                Wake::Resized => {}
                Wake::Continued => terminal.enter()?,
                Wake::End(signal) => return Ok(Choice::Signal(signal)),
            },
            // An Escape by itself: nothing has followed it.
            () = tokio::time::sleep(HOLD), if !typed.is_empty() => return Ok(Choice::Left),
            count = terminal.read(&mut buffer) => match count? {
                0 => return Ok(Choice::Signal(rustix::process::Signal::HUP.as_raw())),
                count => {
                    typed.extend_from_slice(&buffer[..count]);
                    for press in presses(&mut typed) {
                        match list.press(press) {
                            Outcome::Stay => {}
                            Outcome::Chosen(index) => return Ok(Choice::Pane(index)),
                            Outcome::Leave => return Ok(Choice::Left),
                            Outcome::Interrupted => {
                                return Ok(Choice::Signal(rustix::process::Signal::INT.as_raw()));
                            }
                        }
                    }
                }
            },
        }
    }
}

async fn write(terminal: &Terminal, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let count = terminal.write(bytes).await?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Takes the whole keys out of what was typed.
fn presses(typed: &mut Vec<u8>) -> Vec<Press> {
    let mut presses = Vec::new();
    let mut taken = 0;
    while taken < typed.len() {
        let Token::Whole(length, what) = token(&typed[taken..]) else { break };
        taken += length;
        if let What::Key(key) = what {
            presses.extend(press(key));
        }
    }
    typed.drain(..taken);
    presses
}

fn press(key: Key) -> Option<Press> {
    if key.release {
        return None;
    }
    match (key.name, key.text) {
        (Name::Function(_, b'A'), _) | (_, Some('k')) => Some(Press::Up),
        (Name::Function(_, b'B'), _) | (_, Some('j')) => Some(Press::Down),
        (Name::Function(_, b'H'), _) => Some(Press::First),
        (Name::Function(_, b'F'), _) => Some(Press::Last),
        (Name::Char(0x0d), _) => Some(Press::Enter),
        (Name::Char(0x08 | 0x7f), _) => Some(Press::Erase),
        (Name::Char(0x1b), _) | (_, Some('q')) => Some(Press::Leave),
        (Name::Char(0x63), _) if key.mods == mods::CTRL => Some(Press::Interrupt),
        (Name::Char(0x64), _) if key.mods == mods::CTRL => Some(Press::Leave),
        (_, Some(digit)) => digit.to_digit(10).map(Press::Digit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_every_encoding() {
        for (typed, expected, left) in [
            ("j\x1b[A\r", vec![Press::Down, Press::Up, Press::Enter], ""),
            ("\x1bOB12\x7f", vec![Press::Down, Press::Digit(1), Press::Digit(2), Press::Erase], ""),
            ("\x1b[13u\x1b[27u\x1b[99;5u", vec![Press::Enter, Press::Leave, Press::Interrupt], ""),
            ("\x03\x04", vec![Press::Interrupt, Press::Leave], ""),
            ("\x1b[106;1:3ux", vec![], ""),
            ("\x1b[", vec![], "\x1b["),
        ] {
            let mut bytes = typed.as_bytes().to_vec();
            assert_eq!(presses(&mut bytes), expected, "{typed:?}");
            assert_eq!(bytes, left.as_bytes());
        }
    }
}
