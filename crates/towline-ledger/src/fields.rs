//! `key: value` lines in a description: how attachments and merge requests are kept where every tool can read them.
//!
//! Pure: text in, text out. What the fields are is said by [`crate::attachment`] and [`crate::merge_request`].

/// A field's key, and where in a description its lines count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key as it is written: lower case, words joined by `_`.
    name: &'static str,
    place: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// On any line.
    Anywhere,
    /// Only before the rest of the text, among other fields: for a key that is a word people begin lines with.
    Top,
}

impl Key {
    /// A key whose lines count wherever they stand.
    pub(crate) const fn anywhere(name: &'static str) -> Self {
        Self { name, place: Where::Anywhere }
    }

    /// A key whose lines count only before the rest of the text.
    pub(crate) const fn top(name: &'static str) -> Self {
        Self { name, place: Where::Top }
    }

    /// Whether a key as found is this one: in any case, its words joined by `_`, by `-` or by nothing.
    fn is(&self, found: &str) -> bool {
        let found = || found.bytes().map(|byte| byte.to_ascii_lowercase());
        [Some(b'_'), Some(b'-'), None].into_iter().any(|joint| {
            let joined = |byte| if byte == b'_' { joint } else { Some(byte) };
            found().eq(self.name.bytes().filter_map(joined))
        })
    }
}

/// What a line is.
enum Line {
    Blank,
    Text,
    /// A field: its place among the keys, and its value, which may be empty.
    Field(usize, String),
}

/// Reads the values of the fields, in the order of `keys`; of one that isn't there, an empty text. The last of several
/// lines wins, those without a value aside.
pub(crate) fn read<const N: usize>(description: &str, keys: &[Key; N]) -> [String; N] {
    let mut values = [const { String::new() }; N];
    for (_, line) in lines(description, keys) {
        if let Line::Field(index, value) = line
            && !value.is_empty()
        {
            values[index] = value;
        }
    }
    values
}

/// The description without the lines that are fields, and without blank lines at its ends.
pub(crate) fn text<const N: usize>(description: &str, keys: &[Key; N]) -> String {
    let mut kept: Vec<(&str, bool)> = Vec::new();
    for (raw, line) in lines(description, keys) {
        match line {
            Line::Blank => kept.push((raw, true)),
            Line::Text => kept.push((raw, false)),
            Line::Field(..) => {}
        }
    }
    let first = kept.iter().position(|(_, blank)| !blank);
    let last = kept.iter().rposition(|(_, blank)| !blank);
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    let kept: Vec<&str> = kept[first..=last].iter().map(|(raw, _)| *raw).collect();
    kept.join("\n")
}

/// The description with these values for its fields, in the order of `keys`: those that aren't empty, a blank line, and the
/// rest of the text as it was.
pub(crate) fn write<const N: usize>(
    description: &str,
    keys: &[Key; N],
    values: [&str; N],
) -> String {
    let block: Vec<String> = keys
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{}: {}", key.name, written(value)))
        .collect();
    let block = block.join("\n");
    let text = text(description, keys);
    match (block.is_empty(), text.is_empty()) {
        (true, _) => text,
        (false, true) => block,
        (false, false) => format!("{block}\n\n{text}"),
    }
}

/// Each line as it stands, and what it is.
fn lines<'a, const N: usize>(
    description: &'a str,
    keys: &'a [Key; N],
) -> impl Iterator<Item = (&'a str, Line)> {
    let mut at_top = true;
    description.split('\n').map(move |raw| {
        let line = line_of(raw, keys, at_top);
        // Blank lines don't end the top: what is left of a text once its fields are taken away never begins with one that
        // would then be taken for a field of the top.
        if matches!(line, Line::Text) {
            at_top = false;
        }
        (raw, line)
    })
}

fn line_of<const N: usize>(raw: &str, keys: &[Key; N], at_top: bool) -> Line {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Line::Blank;
    }
    let Some((found, value)) = trimmed.split_once(':') else { return Line::Text };
    let (found, value) = (found.trim(), value.trim());
    let Some(index) = keys.iter().position(|key| key.is(found)) else { return Line::Text };
    if keys[index].place == Where::Top && (!at_top || value.is_empty()) {
        return Line::Text;
    }
    Line::Field(index, meant(value))
}

/// A value as it is written: one that would not come back as it is, is written as a JSON string.
fn written(value: &str) -> String {
    let plain = value.trim() == value && !value.starts_with('"') && !value.contains(['\n', '\r']);
    if plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

/// What a written value means. One that begins with `"` and is no JSON string was written by somebody else: as it stands.
fn meant(written: &str) -> String {
    if written.starts_with('"')
        && let Ok(value) = serde_json::from_str::<String>(written)
    {
        return value;
    }
    written.to_owned()
}
