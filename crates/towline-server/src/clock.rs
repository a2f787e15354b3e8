//! The time of day, in the unit that journals, store and protocol share.

use std::time::Duration;

pub(crate) use towline_journal::now;

/// How long ago `time` was; nothing for a time to come.
pub(crate) fn since(time: u64) -> Duration {
    Duration::from_micros(now().saturating_sub(time))
}
