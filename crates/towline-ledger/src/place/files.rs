//! The files that say what a town and its rigs are: `mayor/town.json`, `mayor/rigs.json`, `RIG/config.json`. Pure: text in,
//! text out. Fields that aren't known here are passed over in reading, and kept where a file is changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The newest form of `town.json` that is known here: it has an owner.
const TOWN_VERSION: u32 = 2;
const RIGS_VERSION: u32 = 1;
const RIG_VERSION: u32 = 1;

/// What `mayor/town.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TownFile {
    #[serde(rename = "type")]
    kind: String,
    version: u32,
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) owner: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    public_name: String,
    created_at: String,
}

/// What `mayor/rigs.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RigsFile {
    #[serde(default = "rigs_version")]
    version: u32,
    #[serde(default)]
    pub(super) rigs: BTreeMap<String, RigEntry>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One rig in `mayor/rigs.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RigEntry {
    pub(super) git_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) local_repo: String,
    added_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beads: Option<Beads>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The part of both about the rig's ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Beads {
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    pub(super) prefix: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What `RIG/config.json` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RigFile {
    #[serde(rename = "type")]
    pub(super) kind: String,
    version: u32,
    name: String,
    pub(super) git_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) local_repo: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) default_branch: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beads: Option<Beads>,
}

impl Default for RigsFile {
    fn default() -> Self {
        Self { version: RIGS_VERSION, rigs: BTreeMap::new(), rest: Map::new() }
    }
}

fn rigs_version() -> u32 {
    RIGS_VERSION
}

/// What makes a rig, for the files that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRig<'a> {
    /// Its name, which is its folder's.
    pub name: &'a str,
    /// Where its repository comes from: an address that git takes, or a path.
    pub url: &'a str,
    /// The branch that work is merged to; empty where it isn't known.
    pub default_branch: &'a str,
    /// The prefix of its issues, without the hyphen.
    pub prefix: &'a str,
    /// When it was made (RFC 3339).
    pub created_at: &'a str,
}

/// The text of a new town's `mayor/town.json`. `owner` is an e-mail address, or empty.
pub fn town_json(name: &str, owner: &str, created_at: &str) -> String {
    pretty(&TownFile {
        kind: "town".into(),
        version: TOWN_VERSION,
        name: name.into(),
        owner: owner.into(),
        public_name: name.into(),
        created_at: created_at.into(),
    })
}

/// The text of a new rig's `config.json`.
pub fn rig_json(rig: &NewRig<'_>) -> String {
    pretty(&RigFile {
        kind: "rig".into(),
        version: RIG_VERSION,
        name: rig.name.into(),
        git_url: rig.url.into(),
        local_repo: String::new(),
        default_branch: rig.default_branch.into(),
        created_at: rig.created_at.into(),
        beads: Some(Beads { prefix: rig.prefix.into(), ..Beads::default() }),
    })
}

/// The text of a new town's `mayor/rigs.json`.
pub fn rigs_json() -> String {
    pretty(&RigsFile::default())
}

/// The text of `mayor/rigs.json` with one rig more, or with what is known of it brought up to date.
///
/// # Errors
///
/// In words, where the text isn't such a file.
pub fn rigs_json_with(text: &str, rig: &NewRig<'_>) -> Result<String, String> {
    let mut file: RigsFile = read(text)?;
    let entry = file.rigs.entry(rig.name.to_owned()).or_default();
    entry.git_url = rig.url.to_owned();
    if entry.added_at.is_empty() {
        entry.added_at = rig.created_at.to_owned();
    }
    entry.beads.get_or_insert_with(Beads::default).prefix = rig.prefix.to_owned();
    Ok(pretty(&file))
}

/// The text of `mayor/rigs.json` without a rig.
///
/// # Errors
///
/// In words, where the text isn't such a file.
pub fn rigs_json_without(text: &str, rig: &str) -> Result<String, String> {
    let mut file: RigsFile = read(text)?;
    file.rigs.remove(rig);
    Ok(pretty(&file))
}

/// Reads one of the files. The error is in words, for a sentence that begins with the file's path.
pub(super) fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Indented by two blanks, with a newline at the end.
fn pretty(value: &impl Serialize) -> String {
    // These are maps with texts for keys, which can always be written.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIG: NewRig<'static> = NewRig {
        name: "gastown",
        url: "https://example.com/gastown.git",
        default_branch: "main",
        prefix: "gt",
        created_at: "2026-01-02T03:04:05Z",
    };

    #[test]
    fn new_files_are_as_gas_town_writes_them() {
        assert_eq!(
            town_json("home", "me@example.com", "2026-01-02T03:04:05Z"),
            "{\n  \"type\": \"town\",\n  \"version\": 2,\n  \"name\": \"home\",\n  \"owner\": \"me@example.com\",\n  \
             \"public_name\": \"home\",\n  \"created_at\": \"2026-01-02T03:04:05Z\"\n}\n"
        );
        assert!(!town_json("home", "", "").contains("owner"));
        assert_eq!(
            rig_json(&RIG),
            "{\n  \"type\": \"rig\",\n  \"version\": 1,\n  \"name\": \"gastown\",\n  \
             \"git_url\": \"https://example.com/gastown.git\",\n  \"default_branch\": \"main\",\n  \
             \"created_at\": \"2026-01-02T03:04:05Z\",\n  \"beads\": {\n    \"prefix\": \"gt\"\n  }\n}\n"
        );
        assert_eq!(rigs_json(), "{\n  \"version\": 1,\n  \"rigs\": {}\n}\n");
    }

    #[test]
    fn rigs_come_and_go_and_the_rest_stays() {
        let with = rigs_json_with(&rigs_json(), &RIG).unwrap();
        let file: RigsFile = read(&with).unwrap();
        assert_eq!(file.rigs["gastown"].git_url, RIG.url);
        assert_eq!(file.rigs["gastown"].added_at, RIG.created_at);
        assert_eq!(rigs_json_with(&with, &RIG).unwrap(), with);
        assert_eq!(rigs_json_without(&with, "gastown").unwrap(), rigs_json());
        assert_eq!(rigs_json_without(&with, "other").unwrap(), with);

        let theirs = r#"{"version":1,"rigs":{"gastown":{"git_url":"old","added_at":"then","beads":{"repo":"local","prefix":"x","y":1},"more":[1]}},"later":true}"#;
        let with = rigs_json_with(theirs, &RIG).unwrap();
        for kept in ["\"more\"", "\"later\": true", "\"repo\": \"local\"", "\"y\": 1", "\"then\""] {
            assert!(with.contains(kept), "{kept}: {with}");
        }
        assert!(with.contains("\"prefix\": \"gt\"") && !with.contains("old"), "{with}");

        let error = rigs_json_with("{", &RIG).unwrap_err();
        assert!(error.contains("line 1"), "{error}");
    }
}
