//! What a program says beside its screen, passed on to the terminals of those attached.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use towline_vt::Event;

/// The escape sequence that tells an attached client's terminal of `event`; `None` for what is only the
/// server's to know. The model has taken control characters out of all text, so nothing can break out of it.
pub(super) fn forward(event: &Event) -> Option<Vec<u8>> {
    match event {
        Event::Bell => Some(b"\x07".to_vec()),
        Event::Notification { title: None, body } => {
            Some(format!("\x1b]9;{body}\x1b\\").into_bytes())
        }
        Event::Notification { title: Some(title), body } => {
            // A semicolon would end the title.
            let title = title.replace(';', ",");
            Some(format!("\x1b]777;notify;{title};{body}\x1b\\").into_bytes())
        }
        Event::Progress { state, percent } => {
            let (state, percent) = (state.number(), percent.unwrap_or(0));
            Some(format!("\x1b]9;4;{state};{percent}\x1b\\").into_bytes())
        }
        Event::Status(status) => Some(format!("\x1b]7501;{status}\x1b\\").into_bytes()),
        Event::Clipboard(text) => {
            Some(format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_vt::ProgressState;

    #[test]
    fn events_become_what_terminals_understand() {
        let check = |event: Event, expected: Option<&str>| {
            assert_eq!(forward(&event).as_deref(), expected.map(str::as_bytes), "{event:?}");
        };
        check(Event::Bell, Some("\x07"));
        check(Event::Notification { title: None, body: "done".into() }, Some("\x1b]9;done\x1b\\"));
        check(
            Event::Notification { title: Some("a;b".into()), body: "c;d".into() },
            Some("\x1b]777;notify;a,b;c;d\x1b\\"),
        );
        check(Event::Clipboard(b"hi".to_vec()), Some("\x1b]52;c;aGk=\x1b\\"));
        check(
            Event::Progress { state: ProgressState::Normal, percent: Some(40) },
            Some("\x1b]9;4;1;40\x1b\\"),
        );
        check(Event::Reply(b"x".to_vec()), None);
    }
}
