use super::*;
use crate::time;

fn rules() -> Rules {
    Rules { now: time::read("2026-03-01T00:00:00Z").unwrap(), statuses: vec!["review".into()] }
}

/// Each finding as `line kind`, with `!` where a person has to decide.
fn found(text: &str) -> Vec<String> {
    let show = |one: &Finding| {
        let line = one.line.map(|line| line.to_string()).unwrap_or_default();
        format!("{line} {}{}", one.kind, if one.fix.is_none() { "!" } else { "" })
    };
    look(text.as_bytes(), &rules()).iter().map(show).collect()
}

fn line(id: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","title":"t"{more},"created_at":"2026-01-01T00:00:00.5Z","updated_at":"2026-01-02T00:00:00Z"}}"#
    ) + "\n"
}

fn on(id: &str, on: &str, kind: &str) -> String {
    format!(r#","dependencies":[{{"issue_id":"{id}","depends_on_id":"{on}","type":"{kind}"}}]"#)
}

#[test]
fn each_trouble_is_found_and_what_can_be_mended_is() {
    let fine = line("a-1", "");
    for (text, findings, mended) in [
        (String::new(), vec![], ""),
        (fine.clone(), vec![], fine.as_str()),
        (format!("\u{feff}{fine}"), vec![" bom"], &fine),
        (fine.replace('\n', "\r\n"), vec![" crlf"], &fine),
        (fine.trim_end().to_owned(), vec![" end"], &fine),
        (
            format!("{}{fine}", line("a-2", "")),
            vec![" unsorted"],
            &format!("{fine}{}", line("a-2", "")),
        ),
        (format!("{fine}{{\"id\":\n"), vec!["2 broken"], &fine),
        (format!("{fine}{fine}"), vec!["2 duplicate"], &fine),
        (format!("<<<<<<< a\n{fine}=======\n>>>>>>> b\n"), vec!["1 conflict"], &fine),
        (format!("{fine}>>>>>>> b\n"), vec!["2 conflict"], &fine),
        (
            line("a-1", r#","status":"closed""#),
            vec!["1 closed"],
            "closed_at\":\"2026-01-02T00:00:00Z",
        ),
        (line("a-1", r#","closed_at":"2026-01-02T00:00:00Z""#), vec!["1 closed"], ""),
        (line("a-1", r#","priority":7"#), vec!["1 priority"], "\"priority\":4"),
        (line("a-1", r#","priority":"high""#), vec!["1 priority"], "\"priority\":2"),
        (line("a-1", r#","status":"hooked""#), vec!["1 hooked"], "\"status\":\"open\""),
        (line("a-1", r#","status":"odd""#), vec!["1 status!"], "odd"),
        (line("a-1", r#","status":"review""#), vec![], "review"),
        (fine.replace("\"t\"", "\" \""), vec!["1 title!"], ""),
        (fine.replace("\"t\"", &format!("\"{}\"", "x".repeat(501))), vec!["1 title!"], ""),
        (line("a-1", &on("a-1", "a-1", "blocks")), vec!["1 self"], "\"updated_at\":\"2026-03-01"),
        (line("a-1", &on("a-1", "a-9", "related")), vec!["1 dangling"], ""),
        // Another ledger's may be there.
        (line("a-1", &on("a-1", "b-9", "tracks")), vec![], "b-9"),
        (line("a-1.1", ""), vec!["1 parent!"], "a-1.1"),
        (
            format!(
                "{}{}",
                line("a-1", &on("a-1", "a-2", "blocks")),
                line("a-2", &on("a-2", "a-1", "blocks"))
            ),
            vec![" cycle!"],
            "a-2",
        ),
        (
            line("a-1", r#","status":"tombstone","deleted_at":"2026-01-05T00:00:00Z""#),
            vec!["1 expired"],
            "",
        ),
        (
            line("a-1", r#","status":"tombstone","deleted_at":"2026-02-05T00:00:00Z""#),
            vec![],
            "tombstone",
        ),
    ] {
        assert_eq!(found(&text), findings, "{text}");
        let fixed = fix(text.as_bytes(), None, rules().now);
        let after = String::from_utf8(fixed.text).unwrap();
        // The whole file, or a part of it.
        let fits = if mended.ends_with('\n') { after == mended } else { after.contains(mended) };
        assert!(fits, "{text} became {after}");
        let left: Vec<&str> =
            findings.iter().copied().filter(|finding| finding.ends_with('!')).collect();
        assert_eq!(found(&after), left, "{after}");
        // Nothing is lost: it is in the one or the other.
        for line in text.lines().map(|line| line.trim_start_matches('\u{feff}')) {
            let kept = fixed.replaced.iter().any(|kept| kept == line.as_bytes());
            assert!(kept || after.contains(line), "{line}");
        }
    }
}

#[test]
fn a_file_of_newer_beads_keeps_its_order() {
    let typed = |id: &str| line(id, "").replacen('{', "{\"_type\":\"issue\",", 1);
    let text = format!("{}{}", typed("a-2"), typed("a-1"));
    assert_eq!(found(&text), Vec::<String>::new());
    assert_eq!(fix(text.as_bytes(), None, rules().now).text, text.as_bytes());
}
