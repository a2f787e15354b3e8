//! Operating system commands: titles, links, colours, clipboard, notifications, prompt marks.

use super::screen::plain;
use super::{Sink, color};
use crate::events::{Event, Location, ProgressState, PromptMark};
use crate::extras::Link;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::Arc;

/// Characters kept of a notification's title or body.
const MAX_NOTICE: usize = 1024;

/// Characters kept of a notification's id; kitty's are a dozen.
const MAX_NOTICE_ID: usize = 128;

/// Base64 as programs write it: with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Splits at the first semicolon.
fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b';', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

impl Sink<'_> {
    /// `OSC …`.
    pub(super) fn system_command(&mut self, string: &[u8], bell: bool) {
        let (number, rest) = split(string);
        let body = rest.unwrap_or_default();
        match number {
            b"0" | b"2" if rest.is_some() => self.title(&String::from_utf8_lossy(body)),
            b"4" => self.indexed_colors(body, bell),
            b"7" => self.folder(&String::from_utf8_lossy(body)),
            b"8" => self.link(body),
            b"9" => self.osc9(body),
            [b'1', digit @ b'0'..=b'9'] => {
                self.special_colors(u16::from(10 + digit - b'0'), body, bell);
            }
            b"52" => self.clipboard(body),
            b"99" => self.osc99(body),
            b"104" => self.reset_colors(body),
            [b'1', b'1', digit @ b'0'..=b'9'] => {
                self.screen.palette.reset(color::FOREGROUND + u16::from(digit - b'0'));
            }
            b"133" => self.prompt(body),
            b"633" => self.editor_prompt(body),
            b"777" => {
                let (verb, rest) = split(body);
                if let (b"notify", Some(rest)) = (verb, rest) {
                    let (title, text) = split(rest);
                    self.notify(Some(title), text.unwrap_or_default());
                }
            }
            // Whoever answers the question with itself understands what is told.
            b"7501" if body == b"?" => {
                let end = if bell { "\x07" } else { "\x1b\\" };
                self.reply(format!("\x1b]7501;?{end}"));
            }
            b"7501" if rest.is_some() => {
                let status = plain(&String::from_utf8_lossy(body), MAX_NOTICE);
                let cleared = status.split(':').any(|pair| pair == "state=clear");
                self.screen.status = if cleared { String::new() } else { status.clone() };
                self.events.push(Event::Status(status));
            }
            _ => {}
        }
    }

    fn notify(&mut self, title: Option<&[u8]>, body: &[u8]) {
        let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes), MAX_NOTICE);
        let title = title.map(text).filter(|t| !t.is_empty());
        let body = text(body);
        if title.is_some() || !body.is_empty() {
            self.events.push(Event::Notification { title, body });
        }
    }

    /// OSC 9 is a notification to iTerm2 and a family of commands to ConEmu.
    fn osc9(&mut self, body: &[u8]) {
        let (verb, rest) = split(body);
        match (verb, rest) {
            (b"4", Some(rest)) => self.progress(rest),
            (b"9", Some(path)) => {
                let path = String::from_utf8_lossy(path);
                self.events.push(Event::WorkingDirectory(Location {
                    host: String::new(),
                    path: plain(path.trim_matches('"'), MAX_NOTICE * 4),
                }));
            }
            (verb, Some(_))
                if !verb.is_empty() && verb.len() <= 2 && verb.iter().all(u8::is_ascii_digit) => {}
            _ => self.notify(None, body),
        }
    }

    fn progress(&mut self, body: &[u8]) {
        let (state, percent) = split(body);
        let state = match state {
            b"0" => ProgressState::None,
            b"1" => ProgressState::Normal,
            b"2" => ProgressState::Error,
            b"3" => ProgressState::Indeterminate,
            b"4" => ProgressState::Paused,
            _ => return,
        };
        let percent = percent
            .and_then(|p| std::str::from_utf8(p).ok()?.parse::<u8>().ok())
            .map(|percent| percent.min(100));
        self.events.push(Event::Progress { state, percent });
    }

    /// Kitty's notifications: metadata, then a part of the title or the body.
    fn osc99(&mut self, body: &[u8]) {
        let (metadata, Some(payload)) = split(body) else { return };
        let (mut id, mut part, mut done, mut encoded) = (String::new(), "title", true, false);
        for pair in std::str::from_utf8(metadata).unwrap_or_default().split(':') {
            match pair.split_once('=') {
                Some(("i", value)) => id = plain(value, MAX_NOTICE_ID),
                Some(("p", value)) => part = value,
                Some(("d", value)) => done = value != "0",
                Some(("e", value)) => encoded = value == "1",
                _ => {}
            }
        }
        let payload =
            if encoded { BASE64.decode(payload).unwrap_or_default() } else { payload.to_vec() };
        let text = plain(&String::from_utf8_lossy(&payload), MAX_NOTICE);
        let (was, mut title, mut body) = self.screen.notice.take().unwrap_or_default();
        if was != id {
            (title, body) = Default::default();
        }
        let to = match part {
            "title" => &mut title,
            "body" => &mut body,
            // Buttons, icons, requests to close, questions for support.
            _ => return,
        };
        if to.len() + text.len() <= MAX_NOTICE * 4 {
            to.push_str(&text);
        }
        if !done {
            self.screen.notice = Some((id, title, body));
        } else if body.is_empty() {
            self.notify(None, title.as_bytes());
        } else {
            self.notify(Some(title.as_bytes()), body.as_bytes());
        }
    }

    fn prompt(&mut self, body: &[u8]) {
        let (mark, rest) = split(body);
        let mark = match mark {
            // N and P are those of terminals that tell right prompts and continued lines apart.
            b"A" | b"N" | b"P" => PromptMark::Prompt,
            b"B" | b"I" => PromptMark::Command,
            b"C" => PromptMark::Output,
            b"D" => {
                let status = rest.map(|rest| split(rest).0);
                let status = status.and_then(|s| std::str::from_utf8(s).ok()?.parse().ok());
                PromptMark::End(status)
            }
            _ => return,
        };
        self.events.push(Event::Prompt(mark));
    }

    /// OSC 633, the prompt marks of Visual Studio Code: those of OSC 133, and properties, of which one is the folder.
    fn editor_prompt(&mut self, body: &[u8]) {
        match split(body) {
            (b"A" | b"B" | b"C" | b"D", _) => self.prompt(body),
            (b"P", Some(property)) => {
                let Some(path) = property.strip_prefix(b"Cwd=") else { return };
                let path = plain(&String::from_utf8_lossy(&unescaped(path)), MAX_NOTICE * 4);
                self.events.push(Event::WorkingDirectory(Location { host: String::new(), path }));
            }
            // The command line (E) is told by whoever typed it; the rest is for that editor.
            _ => {}
        }
    }

    /// OSC 7: `file://host/path`, percent-encoded. Kitty has a form of its own that is not encoded.
    fn folder(&mut self, url: &str) {
        if let Some(rest) = url.strip_prefix("kitty-shell-cwd://") {
            let Some(slash) = rest.find('/') else { return };
            let (host, path) = rest.split_at(slash);
            return self.events.push(Event::WorkingDirectory(Location {
                host: plain(host, 255),
                path: plain(path, MAX_NOTICE * 4),
            }));
        }
        let Some(rest) = url.strip_prefix("file://") else { return };
        let Some(slash) = rest.find('/') else { return };
        let (host, path) = rest.split_at(slash);
        let path = String::from_utf8_lossy(&percent_decoded(path.as_bytes())).into_owned();
        self.events.push(Event::WorkingDirectory(Location {
            host: plain(host, 255),
            path: plain(&path, MAX_NOTICE * 4),
        }));
    }

    fn link(&mut self, body: &[u8]) {
        let (params, Some(uri)) = split(body) else { return };
        // What isn't UTF-8 is no address. With replacement characters it might become longer than a
        // sequence may be, so that nobody could write it again.
        let text = |bytes: &[u8]| plain(std::str::from_utf8(bytes).unwrap_or_default(), usize::MAX);
        let id = params.split(|&b| b == b':').find_map(|p| p.strip_prefix(b"id="));
        let link = Link { id: text(id.unwrap_or_default()), uri: text(uri) };
        self.screen.pen.link = (!link.uri.is_empty()).then(|| Arc::new(link));
        self.screen.update_pen();
    }

    /// OSC 52. Programs may write the clipboard, never read it.
    fn clipboard(&mut self, body: &[u8]) {
        let (_, Some(data)) = split(body) else { return };
        if data == b"?" {
            return;
        }
        if let Ok(bytes) = BASE64.decode(data) {
            self.events.push(Event::Clipboard(bytes));
        }
    }

    fn indexed_colors(&mut self, body: &[u8], bell: bool) {
        let mut parts = body.split(|&b| b == b';');
        while let (Some(index), Some(color)) = (parts.next(), parts.next()) {
            let index = std::str::from_utf8(index).ok().and_then(|i| i.parse::<u8>().ok());
            let Some(index) = index.map(u16::from) else { continue };
            self.color(index, &format!("4;{index}"), color, bell);
        }
    }

    fn special_colors(&mut self, first: u16, body: &[u8], bell: bool) {
        for (number, color) in (first..=19).zip(body.split(|&b| b == b';')) {
            self.color(color::FOREGROUND + number - 10, &number.to_string(), color, bell);
        }
    }

    fn color(&mut self, index: u16, name: &str, color: &[u8], bell: bool) {
        if color == b"?" {
            let (r, g, b) = self.screen.palette.get(index);
            let end = if bell { "\x07" } else { "\x1b\\" };
            let color = format!("{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}");
            self.reply(format!("\x1b]{name};rgb:{color}{end}"));
        } else if let Some(rgb) = color::parse(color) {
            self.screen.palette.set(index, rgb);
        }
    }

    fn reset_colors(&mut self, body: &[u8]) {
        if body.is_empty() {
            return self.screen.palette.reset_indexed();
        }
        for index in body.split(|&b| b == b';') {
            if let Some(index) = std::str::from_utf8(index).ok().and_then(|i| i.parse::<u8>().ok())
            {
                self.screen.palette.reset(u16::from(index));
            }
        }
    }
}

/// OSC 633 writes a backslash as two, and other bytes as `\xHH`.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [b'x', high, low, after @ ..]) => match byte_of(*high, *low) {
                Some(byte) => (byte, after),
                None => (first, &rest[1..]),
            },
            _ => (first, after),
        };
        out.push(byte);
        rest = after;
    }
    out
}

/// The byte that two hexadecimal digits say.
fn byte_of(high: u8, low: u8) -> Option<u8> {
    let digit = |d: u8| char::from(d).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text
            .get(at + 1..at + 3)
            .filter(|_| text[at] == b'%')
            .and_then(|digits| byte_of(digits[0], digits[1]));
        out.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}
