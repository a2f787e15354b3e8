//! Searching in what issues say.

use crate::issue::Issue;
use crate::issues::{Brief, Issues};

/// The fields that are searched, besides the comments.
const FIELDS: [&str; 8] = [
    "id",
    "title",
    "description",
    "design",
    "acceptance_criteria",
    "notes",
    "external_ref",
    "close_reason",
];

/// The issues that say each of these words or phrases somewhere, whatever the case; tombstones are left out.
pub fn search<'a>(issues: &'a Issues, texts: &[String]) -> Vec<Brief<'a>> {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let fits = |brief: &Brief<'_>| !brief.is_tombstone() && says(&brief.issue(), &texts);
    issues.iter().filter(fits).collect()
}

/// Whether an issue says each of these texts, which are in lower case.
fn says(issue: &Issue, texts: &[String]) -> bool {
    let fields = FIELDS.iter().map(|field| issue.text(field).to_lowercase());
    let comments = issue.comments().into_iter().map(|comment| comment.text.to_lowercase());
    let all: Vec<String> = fields.chain(comments).collect();
    texts.iter().all(|text| all.iter().any(|one| one.contains(text.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_found_by_what_it_says() {
        let issues = Issues::parse(
            concat!(
                r#"{"id":"a-1","title":"Fix the \u003cBuild\u003e","description":"Größe"}"#, "\n",
                r#"{"id":"a-2","title":"x","comments":[{"id":1,"author":"me","text":"the build again"}]}"#, "\n",
                r#"{"id":"a-3","title":"build","status":"tombstone"}"#, "\n",
            )
            .into(),
        );
        for (texts, expected) in [
            (&["BUILD"][..], &["a-1", "a-2"][..]),
            (&["<build>"], &["a-1"]),
            (&["grösse"], &[]),
            (&["größe", "fix"], &["a-1"]),
            (&["a-2"], &["a-2"]),
            (&["title"], &[]),
        ] {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            let found: Vec<&str> = search(&issues, &texts).iter().map(|brief| brief.id()).collect();
            assert_eq!(found, expected, "{texts:?}");
        }
    }
}
