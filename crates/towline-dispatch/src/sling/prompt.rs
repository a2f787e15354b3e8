//! What a worker is told in their pane and by mail. Pure.

/// What was slung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'a> {
    /// The id.
    pub id: &'a str,
    /// The formula that was poured, where no issue was named; empty otherwise.
    pub formula: &'a str,
    /// A line about it; may be empty.
    pub subject: &'a str,
    /// More about it; may be empty.
    pub message: &'a str,
    /// The arguments; may be empty.
    pub args: &'a str,
}

/// The prompt that is typed into the worker's pane, in Gas Town's words.
pub fn prompt(told: &Told<'_>) -> String {
    let Told { id, formula, subject, message, args } = *told;
    let subject = if subject.is_empty() { String::new() } else { format!(" ({subject})") };
    let args = args.trim();
    let mut text = match (formula, args) {
        ("", "") => format!(
            "Work slung: {id}{subject}. Start working on it now: run `tow prime` to see it, then begin."
        ),
        ("", args) => {
            format!(
                "Work slung: {id}{subject}. Args: {args}. Start working now - use these args to guide your execution."
            )
        }
        (formula, "") => {
            format!(
                "Formula {formula} slung{subject}. Run `tow prime` to see its steps, then execute them."
            )
        }
        (formula, args) => {
            format!(
                "Formula {formula} slung{subject}. Args: {args}. Run `tow prime` to see its steps, then execute them."
            )
        }
    };
    if !message.is_empty() {
        text.push_str("\n\n");
        text.push_str(message);
    }
    text
}

/// The subject of the mail about it.
pub fn mail_subject(told: &Told<'_>, title: &str) -> String {
    match told.subject {
        "" => format!("Work slung: {} ({title})", told.id),
        subject => subject.to_owned(),
    }
}

/// The text of the mail about it.
pub fn mail_body(told: &Told<'_>, title: &str) -> String {
    let mut text = String::new();
    if !told.message.is_empty() {
        text.push_str(told.message);
        text.push_str("\n\n");
    }
    text.push_str(&format!("{} is on your hook: {title}\n", told.id));
    if !told.args.trim().is_empty() {
        text.push_str(&format!("Args: {}\n", told.args.trim()));
    }
    text.push_str("Run `tow prime` to see it, then begin.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_say_what_was_slung() {
        let told = Told { id: "gt-1", formula: "", subject: "", message: "", args: "" };
        assert!(prompt(&told).starts_with("Work slung: gt-1. Start working on it now"));
        let with = Told { subject: "Soon", args: " patch\nrelease ", message: "Ask Ann.", ..told };
        assert_eq!(
            prompt(&with),
            "Work slung: gt-1 (Soon). Args: patch\nrelease. Start working now - use these args to guide your execution.\n\nAsk Ann."
        );
        let formula = Told { formula: "shiny", args: "x", ..told };
        assert!(prompt(&formula).starts_with("Formula shiny slung. Args: x. "));
        assert_eq!(mail_subject(&told, "Fix it"), "Work slung: gt-1 (Fix it)");
        assert_eq!(mail_subject(&with, "Fix it"), "Soon");
        assert!(
            mail_body(&with, "Fix it")
                .starts_with("Ask Ann.\n\ngt-1 is on your hook: Fix it\nArgs: patch\nrelease\n")
        );
    }
}
