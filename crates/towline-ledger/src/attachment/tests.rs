use proptest::prelude::*;

use super::*;

fn with(molecule: &str, at: &str, args: &str) -> Attachment {
    Attachment {
        attached_molecule: molecule.into(),
        attached_at: at.into(),
        attached_args: args.into(),
        ..Attachment::default()
    }
}

#[test]
fn is_read_from_any_line() {
    let cases = [
        ("", with("", "", "")),
        ("Fix the login page", with("", "", "")),
        (
            "attached_molecule: gt-xyz\nattached_at: 2025-12-26T12:00:00Z\nattached_args: patch release",
            with("gt-xyz", "2025-12-26T12:00:00Z", "patch release"),
        ),
        // Split at the first colon.
        (
            "attached_args: note: be quick: https://example.com/a:b",
            with("", "", "note: be quick: https://example.com/a:b"),
        ),
        // Blanks around key and value, and a line ending of Windows.
        ("  attached_molecule  :   gt-1  \r\ntext\r\n", with("gt-1", "", "")),
        // Any case, and the other two spellings.
        ("ATTACHED_MOLECULE: gt-1\nAttached-At: now\nattachedArgs: x", with("gt-1", "now", "x")),
        ("attached-molecule: gt-1\nattachedAt: now\nattached-args: x", with("gt-1", "now", "x")),
        ("attachedmolecule: gt-1\nATTACHEDARGS: x", with("gt-1", "", "x")),
        // Other spellings are text.
        ("attached molecule: gt-1\nattached__args: x\nmy_attached_at: y", with("", "", "")),
        // The last wins; one without a value doesn't count.
        ("attached_args: a\nattached_args: b\nattached_args:  \n", with("", "", "b")),
        ("attached_args: a\nattached_args: \"\"", with("", "", "a")),
        // Below and between text.
        ("First\n\nattached_args: late\nLast", with("", "", "late")),
        // JSON strings, and what only looks like one.
        (r#"attached_args: "one\ntwo""#, with("", "", "one\ntwo")),
        (r#"attached_args: "  indented""#, with("", "", "  indented")),
        (r#"attached_args: "fix" and ship"#, with("", "", r#""fix" and ship"#)),
        (r#"attached_args: "open"#, with("", "", r#""open"#)),
        // No colon, no field.
        ("attached_args patch", with("", "", "")),
    ];
    for (description, expected) in cases {
        assert_eq!(Attachment::read(description), expected, "{description:?}");
    }
}

#[test]
fn newer_fields_are_read() {
    let description = "attached_molecule: gt-1\nattached_formula: mol-x\nattached_vars: a=b\n\
        dispatched_by: mayor/\nno_merge: true\nmode: ralph\nconvoy_id: hq-cv-1\nmerge_strategy: direct\n\nText";
    let read = Attachment::read(description);
    let expected = Attachment {
        attached_molecule: "gt-1".into(),
        attached_formula: "mol-x".into(),
        attached_vars: "a=b".into(),
        dispatched_by: "mayor/".into(),
        no_merge: "true".into(),
        mode: "ralph".into(),
        convoy_id: "hq-cv-1".into(),
        merge_strategy: "direct".into(),
        ..Attachment::default()
    };
    assert_eq!(read, expected);
    assert!(read.skips_merge());
    assert!(!read.is_empty());
    assert_eq!(read.write(description), description);
}

#[test]
fn mode_in_the_text_is_text() {
    let text = "The dialog is wrong.\nMode: dark\nmode: light";
    assert_eq!(Attachment::read(text), Attachment::default());
    assert_eq!(
        with("gt-1", "", "").write(text),
        "attached_molecule: gt-1\n\nThe dialog is wrong.\nMode: dark\nmode: light"
    );
    // Nor one without a value, at the top of a list.
    let text = "Mode:\n- dark\n- light";
    assert_eq!(with("", "", "").write(text), text);
}

#[test]
fn is_written_before_the_text() {
    let all = with("gt-xyz", "2025-12-26T12:00:00Z", "patch release");
    let block = "attached_molecule: gt-xyz\nattached_at: 2025-12-26T12:00:00Z\nattached_args: patch release";
    let cases = [
        (&all, "", block.to_owned()),
        (&all, "\n \n", block.to_owned()),
        (&all, "Text", format!("{block}\n\nText")),
        (&all, "\n\n  Text\n\n  more  \n\n", format!("{block}\n\n  Text\n\n  more  ")),
        (&all, "a\r\nb\r\n", format!("{block}\n\na\r\nb\r")),
        // What was attached goes, wherever it stands and however it is spelled.
        (
            &all,
            "attached_molecule: old\n\nText\nattached-args: old\nattachedAt:\nNote: keep",
            format!("{block}\n\nText\nNote: keep"),
        ),
        (&with("", "", "x"), "attached_molecule: old\n\nText", "attached_args: x\n\nText".into()),
        (&Attachment::default(), "attached_molecule: old\n\nText", "Text".into()),
        (&Attachment::default(), "attached_molecule: old", "".into()),
        (&Attachment::default(), "Text: x\n\ny", "Text: x\n\ny".into()),
        // Values that wouldn't come back as plain text.
        (&with("", "", "one\ntwo"), "", r#"attached_args: "one\ntwo""#.into()),
        (&with("", "", "\"quoted\""), "", r#"attached_args: "\"quoted\"""#.into()),
        (&with("", "", " x"), "", r#"attached_args: " x""#.into()),
        // Those that would stay plain, whatever they look like.
        (&with("", "", "say \"hi\""), "", "attached_args: say \"hi\"".into()),
        (&with("", "", "mode: fast"), "", "attached_args: mode: fast".into()),
        (&with("", "", "<a> & 'b'"), "", "attached_args: <a> & 'b'".into()),
    ];
    for (attachment, description, expected) in cases {
        let written = attachment.write(description);
        assert_eq!(written, expected, "{description:?}");
        assert_eq!(&Attachment::read(&written), attachment, "{description:?}");
    }
}

/// A value as people and programs write them, and as nobody does.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z0-9-]{1,12}",
        "[ -~]{0,30}",
        "(attached_args|mode|\"x\"|: ?|\n|\r| |\t|\"|\u{a0}|[a-z]){0,8}",
        any::<String>(),
    ]
}

fn attachment() -> impl Strategy<Value = Attachment> {
    proptest::collection::vec(value(), 13).prop_map(|values| {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m]: [String; 13] = values.try_into().unwrap();
        Attachment {
            attached_molecule: a,
            attached_at: b,
            attached_args: c,
            attached_formula: d,
            attached_vars: e,
            dispatched_by: f,
            no_merge: g,
            mode: h,
            convoy_id: i,
            merge_strategy: j,
            review_only: k,
            convoy_owned: l,
            formula_vars: m,
        }
    })
}

fn description() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just("  ".to_owned()),
        Just("\r".to_owned()),
        "[A-Za-z ]{0,12}",
        "(mode|Mode|MODE|no_merge|noMerge|attached_args|attachedArgs|Attached-At) ?: ?(|x|y z|\"a\\\\nb\"|\")",
        "Note: [a-z]{0,5}",
        any::<String>(),
    ];
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn what_is_written_is_read(attachment in attachment(), description in description()) {
        let written = attachment.write(&description);
        prop_assert_eq!(&Attachment::read(&written), &attachment);
        // Once more changes nothing.
        prop_assert_eq!(&attachment.write(&written), &written);
        // The text is what it was, whatever is attached.
        let text = Attachment::text(&description);
        prop_assert_eq!(&Attachment::text(&written), &text);
        prop_assert_eq!(Attachment::default().write(&written), text);
    }

    #[test]
    fn text_without_fields_is_kept(attachment in attachment(), text in "[a-zA-Z][ -9;-~]{0,20}(\n[ -9;-~]{0,20}){0,5}\n[a-z]") {
        prop_assert_eq!(&Attachment::text(&text), &text);
        prop_assert!(attachment.write(&text).ends_with(&text));
    }
}
