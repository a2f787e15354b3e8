//! What is to be typed: from words to steps, and back to words.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use towline_protocol::v1::{self, send_step};

use super::Args;
use crate::error::CommandError;
use crate::output;
use crate::quote::{controls_escaped, shell_quoted};

/// The most bytes of a text: what one request carries, and room for the rest of it.
const TEXT_MAX: usize = towline_protocol::FRAME_CAP - 1024 * 1024;

/// What is to be typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Typing {
    /// The text; most are UTF-8.
    pub(crate) text: Option<Vec<u8>>,
    /// The names of keys.
    pub(crate) keys: Vec<String>,
    /// Enter comes last.
    pub(crate) enter: bool,
}

/// What the arguments ask to type.
pub(super) fn typing(
    args: &Args,
    stdin: impl FnOnce() -> Result<Vec<u8>, CommandError>,
) -> Result<Typing, CommandError> {
    let text = if args.stdin {
        let mut text = stdin()?;
        // The last line's end is the Enter that follows.
        if !args.no_enter && text.last() == Some(&b'\n') {
            text.pop();
        }
        Some(text)
    } else if args.text.is_empty() {
        None
    } else {
        let parts: Vec<&[u8]> = args.text.iter().map(|part| part.as_bytes()).collect();
        Some(parts.join(&b' '))
    };
    if text.is_none() && args.key.is_empty() {
        return Err(CommandError::usage("nothing to send: no TEXT, no --key, no --stdin")
            .hint("tow send --help"));
    }
    // A variable or a file that is empty by mistake must not press Enter.
    if text.as_ref().is_some_and(Vec::is_empty) && args.key.is_empty() {
        let target = shell_quoted(&args.target);
        return Err(CommandError::usage("nothing to send: the text is empty")
            .hint(format!("tow send {target} --key Enter    presses Enter alone")));
    }
    if let Some(text) = text.as_ref().filter(|text| text.len() > TEXT_MAX) {
        let message = format!("{} bytes are too many to type: {TEXT_MAX} go at once", text.len());
        return Err(CommandError::usage(message).hint("send the name of a file that holds them"));
    }
    let enter = text.is_some() && args.key.is_empty() && !args.no_enter;
    Ok(Typing { text, keys: args.key.clone(), enter })
}

/// The steps that type it: one transaction for the pane.
pub(crate) fn steps(typing: &Typing) -> Vec<v1::SendStep> {
    let text = typing.text.clone().filter(|text| !text.is_empty()).map(|text| {
        match String::from_utf8(text) {
            Ok(text) => send_step::Step::Text(text),
            // A name in an old encoding, say: bytes are all that is known of it.
            Err(error) => send_step::Step::Raw(error.into_bytes()),
        }
    });
    let enter = typing.enter.then(|| "Enter".to_owned());
    let keys = typing.keys.iter().cloned().chain(enter).map(send_step::Step::Key);
    let mut steps: Vec<v1::SendStep> = text
        .into_iter()
        .chain(keys)
        .map(|step| v1::SendStep { step: Some(step), calm: false })
        .collect();
    // A program that is still taking in the text would take an Enter for a part of it.
    if let [_, .., enter] = steps.as_mut_slice() {
        enter.calm = typing.enter;
    }
    steps
}

/// The id of an input that is the same whenever somebody sends the same under the same name: FNV-1a of 128 bits.
pub(super) fn id_of(name: &str, typing: &Typing) -> [u8; 16] {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let text = typing.text.as_deref().unwrap_or_default();
    let keys = typing.keys.iter().flat_map(|key| key.bytes().chain([0]));
    let enter = [u8::from(typing.enter)];
    let all =
        name.bytes().chain([0]).chain(text.iter().copied()).chain([0]).chain(keys).chain(enter);
    let hash = all.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    // Nobody's id is all zero.
    (hash | 1).to_be_bytes()
}

/// What was sent, as its confirmation shows it.
pub(crate) fn in_words(typing: &Typing) -> String {
    /// A confirmation is one line.
    const SHOWN: usize = 200;
    let mut words = Vec::new();
    if let Some(text) = &typing.text {
        let text = OsString::from_vec(text.clone()).to_string_lossy().into_owned();
        let mut short: String = text.chars().take(SHOWN).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        words.push(format!(
            "\"{}\"",
            controls_escaped(&short.replace('\\', r"\\").replace('"', "\\\""))
        ));
    }
    words.extend(typing.keys.iter().map(|key| output::one_line(key)));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        use clap::Parser;
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        Line::parse_from(["send", "x"].iter().chain(words)).args
    }

    fn told(words: &[&str], stdin: &str) -> String {
        let typing = match typing(&args(words), || Ok(stdin.into())) {
            Ok(typing) => typing,
            Err(error) => return error.message,
        };
        let show = |step: &v1::SendStep| {
            let calm = if step.calm { " when calm" } else { "" };
            match step.step.clone().unwrap() {
                send_step::Step::Text(text) => format!("text {text:?}{calm}"),
                send_step::Step::Key(key) => format!("key {key}{calm}"),
                send_step::Step::Raw(raw) => format!("raw {raw:?}{calm}"),
            }
        };
        steps(&typing).iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn words_become_steps() {
        for (words, stdin, expected) in [
            (vec!["/status"], "", r#"text "/status", key Enter when calm"#),
            (vec!["run", "the tests"], "", r#"text "run the tests", key Enter when calm"#),
            (vec!["--", "-x"], "", r#"text "-x", key Enter when calm"#),
            (vec!["half", "--no-enter"], "", r#"text "half""#),
            (vec!["--key", "C-c"], "", "key C-c"),
            (vec!["y", "--key", "Tab", "--key", "Enter"], "", r#"text "y", key Tab, key Enter"#),
            (vec![""], "", "nothing to send: the text is empty"),
            (vec!["", "--no-enter"], "", "nothing to send: the text is empty"),
            (vec!["--stdin"], "", "nothing to send: the text is empty"),
            (vec!["--stdin"], "\n", "nothing to send: the text is empty"),
            (vec!["", "--key", "Enter"], "", "key Enter"),
            (vec!["--stdin"], "a\nb\n", r#"text "a\nb", key Enter when calm"#),
            (vec!["--stdin", "--no-enter"], "a\n", r#"text "a\n""#),
            (vec![], "", "nothing to send: no TEXT, no --key, no --stdin"),
        ] {
            assert_eq!(told(&words, stdin), expected, "{words:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_sent_as_bytes() {
        let typing = Typing { text: Some(vec![0xff]), keys: vec![], enter: false };
        assert_eq!(steps(&typing)[0].step, Some(send_step::Step::Raw(vec![0xff])));
    }

    #[test]
    fn the_same_under_the_same_name_has_the_same_id() {
        let typing = |text: &str, enter| Typing {
            text: Some(text.as_bytes().to_vec()),
            keys: Vec::new(),
            enter,
        };
        let one = id_of("job", &typing("a", true));
        assert_eq!(one, id_of("job", &typing("a", true)));
        for other in [
            id_of("job2", &typing("a", true)),
            id_of("job", &typing("b", true)),
            id_of("job", &typing("a", false)),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_confirmation_is_one_line() {
        for (text, keys, expected) in [
            (Some("/status"), vec![], r#""/status""#),
            (Some("a\n\"b\" ü\x1b"), vec![], r#""a\n\"b\" ü\u{1b}""#),
            (None, vec!["Escape", "C-c"], "Escape C-c"),
            (Some("y"), vec!["Tab"], r#""y" Tab"#),
        ] {
            let typing = Typing {
                text: text.map(|text| text.as_bytes().to_vec()),
                keys: keys.into_iter().map(str::to_owned).collect(),
                enter: false,
            };
            assert_eq!(in_words(&typing), expected);
        }
        let long = Typing { text: Some(vec![b'x'; 300]), keys: vec![], enter: true };
        assert_eq!(in_words(&long).chars().count(), 203);
    }
}
