//! What the near `tow` asks the far one, and what that answers: a line of JSON, and after it the texts that it speaks of, as they are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Request {
    /// Say where the rig's commits are to go, and make room for them where they can't be had from elsewhere.
    Begin(Begin),
    /// Make or update the town, the rig and the worker's worktree.
    Prepare(Prepare),
    /// Put these texts in the ledgers' place where they are still what they were; else tell what they are.
    Swap(Swap),
}

/// See [`Request::Begin`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Begin {
    /// The exchange's id.
    pub(super) id: String,
    pub(super) town: FarTown,
    /// The rig.
    pub(super) rig: String,
    /// Where its repository comes from, if that isn't a path of the near machine.
    pub(super) url: Option<String>,
    /// The branch that work goes to.
    pub(super) branch: String,
}

/// A town, as the near side wants it there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct FarTown {
    pub(super) name: String,
    /// `~` is the far user's home.
    pub(super) folder: String,
    /// Issues of the near town, by which another town of the same name is told from this one.
    pub(super) issues: Vec<String>,
}

/// See [`Request::Prepare`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Prepare {
    /// The exchange's id.
    pub(super) id: String,
    pub(super) town: FarTown,
    pub(super) rig: String,
    /// Where its repository comes from, there.
    pub(super) url: String,
    pub(super) branch: String,
    /// The prefix of its issues.
    pub(super) prefix: String,
    /// The worker's identity.
    pub(super) worker: String,
    /// The issue that is to be worked on.
    pub(super) issue: String,
}

/// See [`Request::Swap`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Swap {
    /// The exchange's id.
    pub(super) id: String,
    /// By the rig's name; the town's own has none.
    pub(super) ledgers: BTreeMap<String, SwapOne>,
}

/// One ledger of a [`Swap`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SwapOne {
    /// The digest of the text that is to be there.
    pub(super) expect: String,
    /// Which of the texts goes in its place.
    pub(super) text: Option<usize>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Begun(Begun),
    Prepared(Prepared),
    Swapped(Swapped),
    Failed(Failed),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Begun {
    /// The repository that the near side is to push to.
    pub(super) push_to: Option<PathBuf>,
    /// Where the rig's repository comes from, there.
    pub(super) url: String,
    /// Why the address that both sides could have in common is not used.
    pub(super) note: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Prepared {
    pub(super) town: PathBuf,
    pub(super) worktree: PathBuf,
    pub(super) branch: String,
    /// The worktree, or all of it, wasn't there before.
    pub(super) made: bool,
    /// What a person should know.
    pub(super) said: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Swapped {
    /// Which of the texts is there in place of what was expected; `None`: done.
    pub(super) ledgers: BTreeMap<String, Option<usize>>,
}

/// Why it could not be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Failed {
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

/// The line of JSON.
#[derive(Serialize, Deserialize)]
struct Head<T> {
    #[serde(flatten)]
    message: T,
    /// The texts' lengths in bytes.
    #[serde(default)]
    texts: Vec<usize>,
}

/// A message and its texts as bytes.
pub(super) fn encode<T: Serialize>(message: &T, texts: &[Vec<u8>]) -> Vec<u8> {
    let head = Head { message, texts: texts.iter().map(Vec::len).collect() };
    // These are structures with texts for keys, which can always be written.
    let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
    bytes.push(b'\n');
    texts.iter().for_each(|text| bytes.extend_from_slice(text));
    bytes
}

/// What the bytes are; `None` where they are something else, or not all of it.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, Vec<Vec<u8>>)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Head<T> = serde_json::from_slice(&bytes[..end]).ok()?;
    let mut rest = &bytes[end + 1..];
    let mut texts = Vec::new();
    for length in head.texts {
        let (text, after) = rest.split_at_checked(length)?;
        texts.push(text.to_vec());
        rest = after;
    }
    rest.is_empty().then_some((head.message, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_with_their_texts() {
        let one = SwapOne { expect: "e".into(), text: Some(1) };
        let ledgers = [(String::new(), SwapOne::default()), ("demo".to_owned(), one)].into();
        let request = Request::Swap(Swap { id: "x".into(), ledgers });
        let texts = vec![b"{\"a\":1}\n\xff".to_vec(), Vec::new(), b"\n\n".to_vec()];
        let bytes = encode(&request, &texts);
        assert_eq!(decode::<Request>(&bytes), Some((request, texts)));
        for cut in [1, 5, bytes.len() - 3] {
            assert_eq!(decode::<Request>(&bytes[..bytes.len() - cut]), None, "{cut}");
        }
        assert_eq!(decode::<Request>(&[&bytes[..], b"x"].concat()), None);
        let answer = Answer::Swapped(Swapped { ledgers: [("demo".to_owned(), Some(0))].into() });
        let bytes = encode(&answer, &[b"t".to_vec()]);
        assert_eq!(decode::<Answer>(&bytes), Some((answer, vec![b"t".to_vec()])));
        assert_eq!(decode::<Request>(b"{\"do\":\"dance\"}\n"), None);
        // What a newer one says besides is passed over.
        let newer = br#"{"do":"begin","rig":"demo","more":[1]}"#;
        let begin = Begin { rig: "demo".into(), ..Begin::default() };
        let decoded = decode::<Request>(&[&newer[..], b"\n"].concat());
        assert_eq!(decoded, Some((Request::Begin(begin), Vec::new())));
    }
}
