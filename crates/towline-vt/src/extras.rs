//! What few cells have: combining characters, a link, an underline colour.
//!
//! Cells name an entry by a 16-bit number. Entries that no cell names any more are found by a scan
//! of all cells ([`Extras::keep`]), which is run when the table has doubled since the last one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cell::Color;

/// Combining characters kept per cell; what comes after is dropped. Real text has at most a
/// handful; "zalgo" text and hostile streams have no end.
pub(crate) const MAX_COMBINING: usize = 12;

/// Bytes of text all entries may hold. What would go beyond loses its decoration.
const MAX_BYTES: usize = 8 << 20;

/// Entries before the first scan.
const FIRST_SCAN: usize = 1024;

/// A hyperlink (OSC 8).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    /// Joins the parts of one link; may be empty.
    pub(crate) id: String,
    /// Where it points.
    pub(crate) uri: String,
}

/// One entry of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Extra {
    pub(crate) combining: String,
    pub(crate) link: Option<Arc<Link>>,
    pub(crate) underline: Color,
}

impl Extra {
    /// Whether it changes nothing that a terminal keeps from one character to the next.
    pub(crate) fn is_plain(&self) -> bool {
        self.link.is_none()
    }

    fn bytes(&self) -> usize {
        self.combining.len() + self.link.as_ref().map_or(0, |l| l.id.len() + l.uri.len())
    }
}

/// The table.
#[derive(Debug)]
pub(crate) struct Extras {
    entries: Vec<Extra>,
    numbers: HashMap<Extra, u16>,
    free: Vec<u16>,
    bytes: usize,
    next_scan: usize,
    epoch: u64,
}

impl Extras {
    pub(crate) fn new() -> Self {
        Extras {
            entries: vec![Extra::default()],
            numbers: HashMap::new(),
            free: Vec::new(),
            bytes: 0,
            next_scan: FIRST_SCAN,
            epoch: 0,
        }
    }

    /// Changes when a number may have come to mean something else.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn get(&self, number: u16) -> &Extra {
        &self.entries[usize::from(number)]
    }

    /// The number of an entry, or 0 when there is nothing to say or no room.
    pub(crate) fn number(&mut self, extra: Extra) -> u16 {
        if extra == self.entries[0] {
            return 0;
        }
        if let Some(&number) = self.numbers.get(&extra) {
            return number;
        }
        let bytes = extra.bytes();
        if self.bytes + bytes > MAX_BYTES {
            self.next_scan = 0;
            return 0;
        }
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[usize::from(number)] = extra.clone();
                number
            }
            None => {
                let Ok(number) = u16::try_from(self.entries.len()) else {
                    self.next_scan = 0;
                    return 0;
                };
                self.entries.push(extra.clone());
                number
            }
        };
        self.bytes += bytes;
        self.numbers.insert(extra, number);
        number
    }

    /// The entries that `used` marks, by number.
    pub(crate) fn used(&self, used: &[bool]) -> Vec<(u16, Extra)> {
        let entries = (0..).zip(&self.entries).zip(used).skip(1);
        entries
            .filter(|(_, used)| **used)
            .map(|((number, extra), _)| (number, extra.clone()))
            .collect()
    }

    /// A table of these entries, which are in the order of their numbers; nothing where they are not, or are the same.
    pub(crate) fn of(entries: Vec<(u16, Extra)>) -> Option<Self> {
        let mut table = Extras::new();
        for (number, extra) in entries {
            while table.entries.len() < usize::from(number) {
                table.free.push(u16::try_from(table.entries.len()).ok()?);
                table.entries.push(Extra::default());
            }
            if table.entries.len() != usize::from(number) || extra == table.entries[0] {
                return None;
            }
            table.bytes += extra.bytes();
            table.entries.push(extra.clone());
            table.numbers.insert(extra, number).is_none().then_some(())?;
        }
        Some(table)
    }

    /// Whether a scan for unused entries is worth its time.
    pub(crate) fn wants_scan(&self) -> bool {
        self.numbers.len() >= self.next_scan && !self.numbers.is_empty()
    }

    /// Forgets the entries that `used` does not mark.
    pub(crate) fn keep(&mut self, used: &[bool]) {
        self.epoch += 1;
        self.free.clear();
        self.numbers.clear();
        self.bytes = 0;
        for (number, entry) in self.entries.iter_mut().enumerate().skip(1) {
            let Ok(short) = u16::try_from(number) else { break };
            if used.get(number).copied().unwrap_or(false) {
                self.bytes += entry.bytes();
                self.numbers.insert(entry.clone(), short);
            } else {
                *entry = Extra::default();
                self.free.push(short);
            }
        }
        // A table that stays full is scanned again only after it has changed by a quarter: else a
        // hostile stream would buy a scan with each cell.
        let used = self.numbers.len();
        self.next_scan = (used * 2).max(FIRST_SCAN).min(used + used / 4 + FIRST_SCAN);
    }

    /// How many entries there are, with the empty one and the free ones.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
