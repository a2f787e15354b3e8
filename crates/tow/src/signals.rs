//! Signals by their names.

use rustix::process::Signal;

/// The signals people send, and those that end programs.
const NAMES: &[(&str, Signal)] = &[
    ("HUP", Signal::HUP),
    ("INT", Signal::INT),
    ("QUIT", Signal::QUIT),
    ("ILL", Signal::ILL),
    ("TRAP", Signal::TRAP),
    ("ABRT", Signal::ABORT),
    ("BUS", Signal::BUS),
    ("FPE", Signal::FPE),
    ("KILL", Signal::KILL),
    ("USR1", Signal::USR1),
    ("SEGV", Signal::SEGV),
    ("USR2", Signal::USR2),
    ("PIPE", Signal::PIPE),
    ("ALRM", Signal::ALARM),
    ("TERM", Signal::TERM),
    ("CHLD", Signal::CHILD),
    ("CONT", Signal::CONT),
    ("STOP", Signal::STOP),
    ("TSTP", Signal::TSTP),
    ("TTIN", Signal::TTIN),
    ("TTOU", Signal::TTOU),
    ("URG", Signal::URG),
    ("XCPU", Signal::XCPU),
    ("XFSZ", Signal::XFSZ),
    ("VTALRM", Signal::VTALARM),
    ("PROF", Signal::PROF),
    ("WINCH", Signal::WINCH),
    ("IO", Signal::IO),
    ("SYS", Signal::SYS),
];

/// The largest signal number of any system.
const LARGEST: i32 = 127;

/// `SIGKILL` for 9; `signal 77` for one without a name.
pub(crate) fn name(number: i32) -> String {
    let known = NAMES.iter().find(|(_, signal)| signal.as_raw() == number);
    known.map_or_else(|| format!("signal {number}"), |(name, _)| format!("SIG{name}"))
}

/// Reads `INT`, `SIGINT`, `int` or `2`.
///
/// # Errors
/// One line for the person who typed it.
pub(crate) fn parse(text: &str) -> Result<i32, String> {
    if let Ok(number) = text.parse::<i32>() {
        return match number {
            1..=LARGEST => Ok(number),
            _ => Err(format!("there is no signal {number}")),
        };
    }
    let upper = text.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = NAMES.iter().find(|(name, _)| *name == short);
    known.map(|(_, signal)| signal.as_raw()).ok_or_else(|| format!("there is no signal `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for (text, expected) in [
            ("INT", Some(2)),
            ("SIGINT", Some(2)),
            ("sigkill", Some(9)),
            ("15", Some(15)),
            ("64", Some(64)),
            ("0", None),
            ("-9", None),
            ("128", None),
            ("NOPE", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
        for (name_, signal) in NAMES {
            assert_eq!(parse(&name(signal.as_raw())), Ok(signal.as_raw()), "{name_}");
        }
    }
}
