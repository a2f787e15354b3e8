//! The same into several panes: each is tried, and each is told of.

use std::process::ExitCode;

use futures_util::future::join_all;
use serde::Serialize;
use towline_protocol::v1;

use super::{Manner, Typing, in_words, send, steps, taken};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::target_of;

/// What became of one target.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The pane's own target where it was found, else what was asked for.
    pub(crate) target: String,
    /// What showed that an agent has taken it; empty: it was typed.
    pub(crate) taken: String,
    /// Why nothing was typed, or that nobody knows.
    pub(crate) error: Option<CommandError>,
}

#[derive(Debug, Serialize)]
struct DeliveryJson<'a> {
    target: &'a str,
    sent: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    taken: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Delivery {
    fn in_json(&self) -> DeliveryJson<'_> {
        DeliveryJson {
            target: &self.target,
            sent: self.error.is_none(),
            taken: &self.taken,
            error: self.error.as_ref().map(|error| error.message.as_str()),
        }
    }
}

/// Types into each of the targets, all at once: one that is slow or away holds up no other.
pub(crate) async fn to_many(
    context: &Context,
    targets: Vec<String>,
    typing: &Typing,
    manner: Manner,
) -> Vec<Delivery> {
    let deliver = |target: String| async move {
        match send(context, &target, steps(typing), manner).await {
            Ok(v1::Sent { pane, taken, .. }) => {
                let target = pane.as_ref().map_or(target, target_of);
                Delivery { target, taken, error: None }
            }
            Err(error) => Delivery { target, taken: String::new(), error: Some(error) },
        }
    };
    join_all(targets.into_iter().map(deliver)).await
}

/// Tells what became of each; the status is 1 where any failed.
///
/// # Errors
/// Where the output can't be written.
pub(crate) fn report(
    context: &Context,
    deliveries: &[Delivery],
    typing: &Typing,
    json: bool,
) -> Result<ExitCode, CommandError> {
    if json {
        output::json(&deliveries.iter().map(Delivery::in_json).collect::<Vec<_>>())?;
    } else {
        for delivery in deliveries {
            let target = output::one_line(&delivery.target);
            match &delivery.error {
                None if context.globals.quiet => {}
                None => {
                    let taken = taken(context, &delivery.taken);
                    output::line(format!("sent → {target}: {}{taken}", in_words(typing)))?;
                }
                Some(error) => {
                    output::line(format!(
                        "failed → {target}: {}",
                        output::one_line(&error.message)
                    ))?;
                }
            }
        }
    }
    let failed = deliveries.iter().any(|delivery| delivery.error.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
