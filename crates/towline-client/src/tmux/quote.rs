//! The one way in which a word gets into a script.

/// A word for a POSIX shell: it stands for itself whatever it holds. A NUL, which no argument can hold, ends it.
pub(super) fn sh(word: impl AsRef<[u8]>) -> Vec<u8> {
    let word = word.as_ref().split(|byte| *byte == 0).next().unwrap_or_default();
    let mut quoted = Vec::with_capacity(word.len() + 2);
    quoted.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// A word for tmux, on a shell's command line. To tmux an argument that ends with `;` ends a command, unless a
/// backslash stands before it.
pub(super) fn tmux(word: impl AsRef<[u8]>) -> Vec<u8> {
    let word = word.as_ref().split(|byte| *byte == 0).next().unwrap_or_default();
    match word.split_last() {
        Some((b';', rest)) => sh([rest, b"\\;"].concat()),
        _ => sh(word),
    }
}

/// Bytes as the argument of a shell's `printf '%b'`: any byte, NUL too. `%b` reads an octal number of up to three
/// digits behind `\0`.
pub(super) fn octal(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b' ' | b'.' | b'/' => text.push(byte),
            _ => text.extend_from_slice(format!("\\0{byte:03o}").as_bytes()),
        }
    }
    text
}

/// The words of a shell's command line that needs no shell: plain words and quoted ones. `None` where something in it
/// means more to a shell.
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '$' | '`' => return None,
                        '\\' => match chars.next()? {
                            c @ ('$' | '`' | '"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c if "|&;<>()$`*?[#~={}!\n".contains(c) && (word.is_none() || !"#~=".contains(c)) => {
                return None;
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What a real shell makes of a script.
    fn shell(script: &[u8]) -> Vec<u8> {
        Command::new("sh").arg("-c").arg(OsStr::from_bytes(script)).output().unwrap().stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_shell_reads_back_what_was_quoted(words in prop::collection::vec(
            prop::collection::vec(prop_oneof![1u8.., prop::sample::select(b"'\"\\$`;\n\t !*#-%".as_slice())], 0..12), 1..5,
        )) {
            let mut script = b"printf '%s\\0'".to_vec();
            for word in &words {
                script.push(b' ');
                script.extend(sh(word));
            }
            let mut expected = words.join(&0);
            expected.push(0);
            prop_assert_eq!(shell(&script), expected);
        }

        #[test]
        fn octal_carries_every_byte(bytes in prop::collection::vec(0u8.., 0..40)) {
            let script = [b"printf '%b' ".to_vec(), sh(octal(&bytes))].concat();
            prop_assert_eq!(shell(&script), bytes);
        }

        #[test]
        fn words_are_read_back(line in prop::collection::vec("[a-z '\"\\\\$;#=é]{0,6}", 0..5)) {
            let quoted: Vec<String> =
                line.iter().map(|word| String::from_utf8(sh(word)).unwrap()).collect();
            prop_assert_eq!(words(&quoted.join(" ")), Some(line));
        }
    }

    #[test]
    fn a_semicolon_at_the_end_is_escaped() {
        for (word, expected) in [
            ("a", "'a'"),
            ("a;", r"'a\;'"),
            (";", r"'\;'"),
            (r"a\;", r"'a\\;'"),
            ("a;b", "'a;b'"),
            ("it's;", r"'it'\''s\;'"),
            ("", "''"),
        ] {
            assert_eq!(String::from_utf8(tmux(word)).unwrap(), expected, "{word}");
        }
    }

    #[test]
    fn what_needs_a_shell_is_left_to_one() {
        for (line, expected) in [
            ("claude --resume x", Some(vec!["claude", "--resume", "x"])),
            (r#"sh -c "cat \"x\"""#, Some(vec!["sh", "-c", "cat \"x\""])),
            ("a 'b c' d\\ e", Some(vec!["a", "b c", "d e"])),
            ("x --a=b c#d", Some(vec!["x", "--a=b", "c#d"])),
            ("A=1 x", Some(vec!["A=1", "x"])),
            ("a | b", None),
            ("a; b", None),
            ("echo $x", None),
            ("echo \"$x\"", None),
            ("'open", None),
            ("", Some(vec![])),
        ] {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
