//! What one check found, and how it is shown.

use serde::Serialize;

use crate::output::one_line;
use crate::table::folded;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It works, and may surprise one day.
    Warning,
    /// It does not work.
    Failed,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    /// One line.
    pub(crate) message: String,
    /// A line to paste.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl Finding {
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, status: Status::Ok, message: String::new(), fix: None }
    }

    pub(crate) fn ok(self, message: impl Into<String>) -> Self {
        Self { status: Status::Ok, message: message.into(), ..self }
    }

    pub(crate) fn warning(self, message: impl Into<String>) -> Self {
        Self { status: Status::Warning, message: message.into(), ..self }
    }

    pub(crate) fn failed(self, message: impl Into<String>) -> Self {
        Self { status: Status::Failed, message: message.into(), ..self }
    }

    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// The findings as lines for people, each at most `width` columns wide.
pub(crate) fn render(findings: &[Finding], width: Option<usize>, colors: bool) -> String {
    let widest = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for finding in findings {
        let (mark, color) = match finding.status {
            Status::Ok => ("✓", "\x1b[32m"),
            Status::Warning => ("!", "\x1b[33m"),
            Status::Failed => ("✗", "\x1b[31m"),
        };
        let mark = if colors { format!("{color}{mark}\x1b[0m") } else { mark.to_owned() };
        // The mark is put in its place afterwards: its colour has no width.
        let heading = format!("  {:<widest$}  ", finding.name);
        let message = folded(&heading, &one_line(&finding.message), width);
        out.push_str(&format!("{mark}{}\n", &message[1..]));
        if let Some(fix) = &finding.fix {
            let heading = format!("  {:<widest$}  fix: ", "");
            out.push_str(&folded(&heading, &one_line(fix), width));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_a_line_and_its_fix_another() {
        let findings = [
            Finding::of("store").ok("readable"),
            Finding::of("server").failed("it is\nstuck").fix("tow server restart"),
        ];
        assert_eq!(
            render(&findings, None, false),
            "✓ store   readable\n✗ server  it is stuck\n          fix: tow server restart\n"
        );
        assert!(render(&findings, None, true).starts_with("\x1b[32m✓\x1b[0m store"));
        let narrow = render(&findings, Some(18), false);
        assert_eq!(narrow.lines().nth(1), Some("✗ server  it is"), "{narrow}");
        assert!(narrow.contains("\n          stuck\n"), "{narrow}");
        let json = serde_json::to_value(&findings).unwrap();
        assert_eq!(
            json[0],
            serde_json::json!({"name": "store", "status": "ok", "message": "readable"})
        );
    }
}
