//! Asking the far side, by ssh.

use std::collections::BTreeMap;
use std::time::Duration;

use towline_client::exchanges::digest;
use towline_client::hosts::{Address, Host};
use towline_client::transport::{DialError, DialOptions, ReachError, run_there};

use super::exchange::{self, Put};
use super::messages::{
    Answer, Begin, Begun, Prepare, Prepared, Request, Swap, SwapOne, decode, encode,
};
use crate::DispatchError;

/// The verb that answers on the other host.
const VERB: &str = "ledger exchange --serve";

/// How long it may take: a clone of a large repository from far away is the longest.
const PATIENCE: Duration = Duration::from_secs(240);

/// Another host, and how it is reached.
#[derive(Debug, Clone)]
pub(super) struct There {
    pub(super) host: Host,
    pub(super) options: DialOptions,
}

/// Why it was not done there.
#[derive(Debug)]
pub(super) enum NotDone {
    /// The host can't be reached now.
    Away { why: String, hints: Vec<String> },
    /// It was reached.
    Failed(DispatchError),
}

impl From<DispatchError> for NotDone {
    fn from(error: DispatchError) -> Self {
        Self::Failed(error)
    }
}

impl NotDone {
    fn refused(message: String) -> Self {
        Self::Failed(DispatchError::refused(message))
    }
}

impl There {
    async fn ask(
        &self,
        request: &Request,
        texts: &[Vec<u8>],
    ) -> Result<(Answer, Vec<Vec<u8>>), NotDone> {
        let alias = &self.host.alias;
        if !matches!(self.host.address, Address::Ssh { .. }) {
            let address = &self.host.address;
            return Err(NotDone::Failed(
                DispatchError::refused(format!(
                    "{alias} is reached by {address}, and work goes to other hosts by ssh"
                ))
                .hint(format!("tow host add {alias} ssh://…")),
            ));
        }
        let input = encode(request, texts);
        let printed = run_there(&self.host, &self.options, VERB, &input, PATIENCE).await;
        let printed = printed.map_err(|error| of_reach(alias, error))?;
        match decode::<Answer>(&printed) {
            Some((Answer::Failed(failed), _)) => {
                let error = DispatchError::refused(format!("{alias}: {}", failed.message));
                let hints = failed.hints.into_iter().map(|hint| format!("on {alias}: {hint}"));
                Err(NotDone::Failed(hints.fold(error, DispatchError::hint)))
            }
            Some(answer) => Ok(answer),
            None => Err(NotDone::refused(format!("what {alias} answers can't be read"))),
        }
    }

    /// Where the rig's commits are to go.
    pub(super) async fn begin(&self, begin: Begin) -> Result<Begun, NotDone> {
        match self.ask(&Request::Begin(begin), &[]).await?.0 {
            Answer::Begun(begun) => Ok(begun),
            _ => Err(self.unexpected()),
        }
    }

    /// Town, rig and worktree.
    pub(super) async fn prepare(&self, prepare: Prepare) -> Result<Prepared, NotDone> {
        match self.ask(&Request::Prepare(prepare), &[]).await?.0 {
            Answer::Prepared(prepared) => Ok(prepared),
            _ => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> NotDone {
        NotDone::refused(format!("{} answers something else than was asked", self.host.alias))
    }
}

fn of_reach(alias: &str, error: ReachError) -> NotDone {
    let hints = error.hints();
    match error {
        ReachError::Dial(DialError::NoTowline { .. }) => {
            let error = DispatchError::refused(format!("there is no tow on {alias}"));
            NotDone::Failed(error.hint(format!("tow host install {alias}")))
        }
        ReachError::Verb(words)
            if words.message.contains("unexpected argument")
                || words.message.contains("unrecognized") =>
        {
            let error = DispatchError::refused(format!("the tow on {alias} is too old for work"));
            NotDone::Failed(error.hint(format!("tow host upgrade {alias}")))
        }
        ReachError::Verb(words) => {
            let error = DispatchError::refused(format!("{alias}: {}", words.message));
            NotDone::Failed(words.hints.into_iter().fold(error, DispatchError::hint))
        }
        ReachError::Dial(DialError::Refused { message, hints }) => NotDone::Failed(
            hints.into_iter().fold(DispatchError::refused(message), DispatchError::hint),
        ),
        error => NotDone::Away { why: error.to_string(), hints },
    }
}

/// The far side of one exchange.
pub(super) struct Swapping<'a> {
    pub(super) there: &'a There,
    pub(super) id: &'a str,
    /// Why it could not be asked, where the host is away.
    pub(super) away: Option<(String, Vec<String>)>,
}

impl exchange::Far for Swapping<'_> {
    async fn swap(
        &mut self,
        puts: &BTreeMap<String, Put>,
    ) -> Result<BTreeMap<String, Vec<u8>>, DispatchError> {
        let mut texts = Vec::new();
        let mut swap = Swap { id: self.id.to_owned(), ..Swap::default() };
        for (name, put) in puts {
            let text = put.text.as_ref().map(|text| {
                texts.push(text.clone());
                texts.len() - 1
            });
            swap.ledgers.insert(name.clone(), SwapOne { expect: put.expect.clone(), text });
        }
        let asked = self.there.ask(&Request::Swap(swap), &texts).await;
        let (answer, texts) = asked.map_err(|error| match error {
            NotDone::Away { why, hints } => {
                self.away = Some((why.clone(), hints));
                DispatchError::refused(why)
            }
            NotDone::Failed(error) => error,
        })?;
        let Answer::Swapped(swapped) = answer else {
            return Err(DispatchError::refused("it answers something else than was asked"));
        };
        let mut other = BTreeMap::new();
        for (name, index) in swapped.ledgers {
            let Some(text) = index.and_then(|index| texts.get(index)) else { continue };
            debug_assert_ne!(Some(digest(&[text])), puts.get(&name).map(|put| put.expect.clone()));
            other.insert(name, text.clone());
        }
        Ok(other)
    }
}
