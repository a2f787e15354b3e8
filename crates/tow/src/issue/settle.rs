//! What follows when issues are closed: the convoys that waited for them.

use towline_ledger::{Ledgers, convoy};

use crate::context::Context;

/// Closes the convoys that waited for the last of these issues. That they were closed stands, whatever comes of this.
pub(crate) fn settle(context: &Context, ledgers: &Ledgers, closed: &[String]) {
    match convoy::settle(ledgers, closed) {
        Ok(landed) => {
            for convoy in landed {
                context.say(format_args!("✓ Convoy {} has landed: {}", convoy.id, convoy.title));
            }
        }
        Err(error) => context.say(format_args!("warning: convoys are as they were: {error}")),
    }
}
