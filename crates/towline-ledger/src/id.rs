//! Ids of new issues, as beads makes them: a hash of what the issue says, as short as the ledger's size allows.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The shortest and the longest hash, in characters.
const LENGTHS: std::ops::RangeInclusive<u32> = 3..=8;

/// The chance of a collision in the whole ledger from which on hashes get longer (beads' `max_collision_prob`).
const MOST_COLLISIONS: f64 = 0.25;

/// Tries at each length.
const NONCES: u32 = 10;

/// Levels of children below an issue, as beads has it.
pub(crate) const DEEPEST: usize = 3;

/// What an id is made of.
pub(crate) struct Seed<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) creator: &'a str,
    pub(crate) at: Timestamp,
}

/// The first id that is free, of those that beads would try in turn for a ledger with `issues` of this prefix.
pub(crate) fn fresh(
    prefix: &str,
    seed: &Seed<'_>,
    issues: usize,
    taken: impl Fn(&str) -> bool,
) -> Option<String> {
    let shortest = length_for(issues);
    let lengths = shortest..=*LENGTHS.end();
    let mut tries = lengths.flat_map(|length| (0..NONCES).map(move |nonce| (length, nonce)));
    tries.find_map(|(length, nonce)| {
        let id = format!("{prefix}-{}", hash(seed, nonce, length));
        (!taken(&id)).then_some(id)
    })
}

/// The shortest hash with which a ledger of this size has few enough collisions: the birthday problem's estimate.
fn length_for(issues: usize) -> u32 {
    let collisions = |length: u32| {
        let (issues, hashes) = (issues as f64, 36_f64.powi(length as i32));
        1.0 - (-issues * issues / (2.0 * hashes)).exp()
    };
    LENGTHS.clone().find(|length| collisions(*length) <= MOST_COLLISIONS).unwrap_or(*LENGTHS.end())
}

fn hash(seed: &Seed<'_>, nonce: u32, length: u32) -> String {
    let text = format!(
        "{}|{}|{}|{}|{nonce}",
        seed.title,
        seed.description,
        seed.creator,
        seed.at.as_nanosecond()
    );
    let digest = Sha256::digest(text.as_bytes());
    let bytes = match length {
        3 => 2,
        4 => 3,
        5 | 6 => 4,
        _ => 5,
    };
    base36(&digest[..bytes], length as usize)
}

/// A number as so many base-36 digits: with zeros in front, or the last ones of more.
fn base36(bytes: &[u8], length: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 36) as usize];
        number /= 36;
    }
    digits.into_iter().map(char::from).collect()
}

/// The prefix of an id: what stands before its last hyphen. `None` where there is no hyphen.
pub(crate) fn prefix_of(id: &str) -> Option<&str> {
    id.rsplit_once('-').map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty())
}

/// The parent of a child's id (`gt-abc.2` has `gt-abc`) and the child's number; `None` for another's.
pub(crate) fn parent_of(id: &str) -> Option<(&str, u64)> {
    let (parent, number) = id.rsplit_once('.')?;
    // A prefix may have dots.
    if parent.rsplit_once('-').is_none_or(|(_, hash)| hash.is_empty()) {
        return None;
    }
    Some((parent, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_get_longer_as_the_ledger_grows() {
        for (issues, length) in [
            (0, 3),
            (150, 3),
            (170, 4),
            (900, 4),
            (1000, 5),
            (5000, 5),
            (6000, 6),
            (36_000, 7),
            (usize::MAX, 8),
        ] {
            assert_eq!(length_for(issues), length, "{issues}");
        }
    }

    #[test]
    fn ids_are_those_that_beads_makes() {
        let at = crate::time::read("2025-01-01T00:00:00.000000001Z").unwrap();
        let seed = Seed { title: "Fix the build", description: "", creator: "me", at };
        let first = fresh("gt", &seed, 0, |_| false).unwrap();
        // printf 'Fix the build||me|1735689600000000001|0' | sha256sum begins with these two bytes.
        let digest = Sha256::digest(b"Fix the build||me|1735689600000000001|0");
        let mut number = u32::from(digest[0]) << 8 | u32::from(digest[1]);
        let mut expected = String::new();
        for _ in 0..3 {
            expected.insert(0, char::from_digit(number % 36, 36).unwrap());
            number /= 36;
        }
        assert_eq!(first, format!("gt-{expected}"));
        let second = fresh("gt", &seed, 0, |id| id == first).unwrap();
        assert!(second != first && second.len() == first.len());
        let longer = fresh("gt", &seed, 0, |id| id.len() < 7).unwrap();
        assert_eq!(longer.len(), 7);
        assert_eq!(fresh("gt", &seed, 0, |_| true), None);
        assert_eq!(base36(&[0, 35], 3), "00z");
    }

    #[test]
    fn prefixes_and_parents_are_read_off_ids() {
        for (id, prefix, parent) in [
            ("gt-abc", Some("gt"), None),
            ("gt-abc.2", Some("gt"), Some(("gt-abc", 2))),
            ("gt-abc.2.10", Some("gt"), Some(("gt-abc.2", 10))),
            (".dotfiles-ir5", Some(".dotfiles"), None),
            ("de-dupe-pk3", Some("de-dupe"), None),
            ("gt-1.x", Some("gt"), None),
            ("plain", None, None),
        ] {
            assert_eq!((prefix_of(id), parent_of(id)), (prefix, parent), "{id}");
        }
    }
}
