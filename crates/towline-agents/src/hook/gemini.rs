use serde_json::Value;

use super::{Report, text};

pub(super) fn read(event: &Value) -> Report {
    Report { event: text(event, "hook_event_name").unwrap_or_default(), ..Report::default() }
}
