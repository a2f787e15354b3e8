//! Finds the parts of a JSON text without building them.

use memchr::memchr2;

use super::{Broken, Span};

/// Arrays and objects within each other, at most.
const DEEPEST: usize = 128;

/// A member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its key as it is written, without the quotes.
    pub(crate) key: Span,
    /// Its value as it is written.
    pub(crate) value: Span,
}

/// Calls `found` with each member of the object that the text is, in order.
///
/// # Errors
/// Where the text is not one object, with nothing behind it.
pub(crate) fn members(text: &[u8], mut found: impl FnMut(Member)) -> Result<(), Broken> {
    let mut scan = Scan { text, at: 0 };
    scan.blank();
    scan.object(0, &mut found)?;
    scan.end()
}

/// Calls `found` with each element of the array that the text is, in order.
///
/// # Errors
/// Where the text is not one array, with nothing behind it.
pub(crate) fn elements(text: &[u8], mut found: impl FnMut(Span)) -> Result<(), Broken> {
    let mut scan = Scan { text, at: 0 };
    scan.blank();
    scan.array(0, &mut found)?;
    scan.end()
}

/// Whether the text is one value.
///
/// # Errors
/// Where it isn't.
#[cfg(test)]
pub(crate) fn whole(text: &[u8]) -> Result<(), Broken> {
    let mut scan = Scan { text, at: 0 };
    scan.blank();
    scan.value(0)?;
    scan.end()
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn broken<T>(&self, what: &'static str) -> Result<T, Broken> {
        Err(Broken { at: self.at, what })
    }

    #[inline]
    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), Broken> {
        self.blank();
        if self.at == self.text.len() { Ok(()) } else { self.broken("something after the end") }
    }

    #[inline]
    fn span(&self, start: usize) -> Span {
        // Whoever reads a file refuses one of 4 GiB and more.
        Span { start: start as u32, end: self.at as u32 }
    }

    fn take(&mut self, byte: u8, what: &'static str) -> Result<(), Broken> {
        if self.peek() != Some(byte) {
            return self.broken(what);
        }
        self.at += 1;
        Ok(())
    }

    fn object(&mut self, depth: usize, found: &mut dyn FnMut(Member)) -> Result<(), Broken> {
        self.take(b'{', "no object")?;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at + 1;
            self.string("no key")?;
            let mut key = self.span(start);
            key.end -= 1;
            self.blank();
            self.take(b':', "no colon behind a key")?;
            self.blank();
            let start = self.at;
            self.value(depth + 1)?;
            found(Member { key, value: self.span(start) });
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.broken("an object without its end"),
            }
            self.blank();
        }
    }

    fn array(&mut self, depth: usize, found: &mut dyn FnMut(Span)) -> Result<(), Broken> {
        self.take(b'[', "no array")?;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            self.value(depth + 1)?;
            found(self.span(start));
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.broken("an array without its end"),
            }
            self.blank();
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Broken> {
        if depth > DEEPEST {
            return self.broken("values too deep within each other");
        }
        match self.peek() {
            Some(b'"') => self.string("no text"),
            Some(b'{') => self.object(depth, &mut |_| ()),
            Some(b'[') => self.array(depth, &mut |_| ()),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            None => self.broken("the line ends too early"),
            Some(_) => self.broken("no value"),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Broken> {
        if !self.text[self.at..].starts_with(word) {
            return self.broken("no value");
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Broken> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Broken> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.broken("no number") } else { Ok(()) }
    }

    /// A string with its quotes. Descriptions are long and nearly free of escapes: the search for the next quote is where the time
    /// of reading a ledger goes.
    #[inline]
    fn string(&mut self, what: &'static str) -> Result<(), Broken> {
        self.take(b'"', what)?;
        loop {
            let rest = &self.text[self.at..];
            match memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => {
                    self.at += found + 1;
                    return Ok(());
                }
                Some(found) => {
                    self.at += found + 1;
                    self.escape()?;
                }
                None => {
                    self.at = self.text.len();
                    return self.broken("a text without its end");
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Broken> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let hex = self.text.get(self.at + 1..self.at + 5);
                if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return self.broken("an escape that is none");
                }
                self.at += 5;
                Ok(())
            }
            _ => self.broken("an escape that is none"),
        }
    }
}
