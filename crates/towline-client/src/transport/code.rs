//! A pairing as one word that a person can paste.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Fingerprint, Secret};
use crate::hosts::Address;

/// What it begins with.
const START: &str = "towline-pair:";

/// What one machine tells another, so that it can reach its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairCode {
    /// Where the server listens.
    pub address: Address,
    /// Its key.
    pub fingerprint: Fingerprint,
    /// The client's secret.
    pub secret: Secret,
}

/// A text is no such word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no code of `tow server pair`, or a part of one")]
pub struct PairCodeError;

impl PairCode {
    /// It as one word.
    pub fn to_text(&self) -> String {
        let Self { address, fingerprint, secret } = self;
        let text = format!("{address}\n{fingerprint}\n{}", secret.to_text());
        format!("{START}{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads one; what a terminal has wrapped is taken as it was meant.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, PairCodeError> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let bytes = text.strip_prefix(START).and_then(|code| URL_SAFE_NO_PAD.decode(code).ok());
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(PairCodeError)?;
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(PairCodeError);
        let address = Address::parse(line()?).map_err(|_| PairCodeError)?;
        let fingerprint = line()?.parse().map_err(|_| PairCodeError)?;
        let secret = Secret::parse(line()?).ok_or(PairCodeError)?;
        Ok(Self { address, fingerprint, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_and_read() {
        let code = PairCode {
            address: Address::parse("tls://thor:9999").unwrap(),
            fingerprint: Fingerprint([9; 32]),
            secret: Secret::random().unwrap(),
        };
        let text = code.to_text();
        assert_eq!(PairCode::parse(&text), Ok(code.clone()));
        let (start, end) = text.split_at(40);
        assert_eq!(PairCode::parse(&format!(" {start}\r\n  {end}\n")), Ok(code));
        for wrong in ["", "towline-pair:", start, &text[..text.len() - 4], &text["towline".len()..]]
        {
            assert_eq!(PairCode::parse(wrong), Err(PairCodeError), "{wrong}");
        }
    }
}
