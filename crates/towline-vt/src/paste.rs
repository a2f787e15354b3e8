//! Pasted text as input.

use crate::modes::Modes;

const BEGIN: &str = "\x1b[200~";
const END: &str = "\x1b[201~";

/// The bytes to send for pasted text.
///
/// Line ends become CR, which is what the Enter key sends. When the program has asked for bracketed
/// pastes, the text is bracketed, and what could end the bracket early or act as a key is left
/// out: control characters except tab and line ends.
pub fn encode_paste(text: &str, modes: &Modes) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    if !modes.bracketed_paste {
        return text.into_bytes();
    }
    let mut out = String::with_capacity(BEGIN.len() + text.len() + END.len());
    out.push_str(BEGIN);
    // The end mark goes whole, so that its tail doesn't show. One that is left by the removal of
    // another loses its ESC below.
    let kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\r');
    out.extend(text.replace(END, "").chars().filter(kept));
    out.push_str(END);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bracketed_paste: bool, text: &str, expected: &str) {
        let modes = Modes { bracketed_paste, ..Modes::default() };
        assert_eq!(String::from_utf8(encode_paste(text, &modes)).unwrap(), expected);
    }

    #[test]
    fn line_ends_become_cr() {
        check(false, "a\nb\r\nc\rd", "a\rb\rc\rd");
        check(true, "a\nb\r\nc\rd", "\x1b[200~a\rb\rc\rd\x1b[201~");
    }

    #[test]
    fn nothing_breaks_out_of_the_bracket() {
        check(true, "a\x1b[201~b", "\x1b[200~ab\x1b[201~");
        check(true, "\x1b[20\x1b[201~1~rm", "\x1b[200~[201~rm\x1b[201~");
        check(true, "\u{9b}201~x\x03\x7f\ty", "\x1b[200~201~x\ty\x1b[201~");
    }

    #[test]
    fn without_brackets_text_is_literal() {
        check(false, "ä\t\x1b[201~", "ä\t\x1b[201~");
    }
}
