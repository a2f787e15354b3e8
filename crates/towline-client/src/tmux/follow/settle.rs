//! Rows, each once: when it has scrolled off or nothing changes any more.

use std::collections::VecDeque;

use super::Followed;
use crate::tmux::peek::Captured;
use crate::tmux::rows::Row;

/// So many rows that were told last are remembered, to find the place again.
const TAIL: usize = 8;

/// So many rows may scroll off between two looks before one must be done again.
const ROOM: u64 = 40;

/// More rows above the screen than these are not looked at; what is beyond is a gap.
pub(super) const ABOVE_MAX: u64 = 20_000;

/// What has been told of a pane, and what is there.
///
/// tmux numbers rows from the oldest that it keeps, and drops the oldest tenth of its history when that is full: so a
/// row's number falls now and then, and by how much is found by what the rows say.
#[derive(Debug)]
pub(super) struct Settle {
    ansi: bool,
    /// Number of the next row to tell, in the numbers of `last`; `None` before the first look.
    next: Option<u64>,
    /// Begin with so many rows, or with this one.
    lines: u64,
    from: Option<u64>,
    /// The texts of the rows before `next`.
    tail: VecDeque<String>,
    last: Captured,
    /// The place was not found: the next look is at all there is.
    wide: bool,
}

/// The rows above the screen that a look takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Above {
    /// So many, and
    pub(super) rows: u64,
    /// all from this number on.
    pub(super) since: Option<u64>,
    /// Also where it shows what the last one did.
    pub(super) anew: bool,
}

impl Settle {
    pub(super) fn new(lines: u32, from: Option<u64>, ansi: bool) -> Self {
        Self {
            ansi,
            next: None,
            lines: lines.into(),
            from,
            tail: VecDeque::new(),
            last: Captured::default(),
            wide: false,
        }
    }

    /// The rows above the screen that are to be looked at.
    pub(super) fn above(&self) -> Above {
        let rows = match (self.next, self.wide) {
            (_, true) => ABOVE_MAX,
            (None, false) => self.lines,
            (Some(next), false) => (self.last.screen + ROOM).saturating_sub(next),
        };
        let since = self.next.map(|next| next.saturating_sub(TAIL as u64)).or(self.from);
        Above { rows: rows.min(ABOVE_MAX), since, anew: self.wide }
    }

    /// Takes a look; returns the rows that have scrolled off.
    pub(super) fn look(&mut self, now: Captured) -> Followed {
        let mut gap = false;
        let next = match self.next {
            None => self.first(&now),
            Some(next) => match self.find(next, &now) {
                Some(next) => next,
                // It may be further up than was looked.
                None if !self.wide => {
                    self.wide = true;
                    return Followed::default();
                }
                None => {
                    gap = true;
                    self.tail.clear();
                    now.first
                }
            },
        };
        self.wide = false;
        self.last = now;
        let screen = self.last.screen;
        let mut followed = self.tell(next, screen);
        followed.gap |= gap;
        followed
    }

    /// Nothing has changed for a while: returns the rows above the cursor's.
    pub(super) fn still(&mut self) -> Followed {
        let Some(next) = self.next else { return Followed::default() };
        let cursor = self.last.cursor;
        self.tell(next, cursor)
    }

    /// The program has ended: returns all that is left.
    pub(super) fn end(&mut self) -> Followed {
        let Some(next) = self.next else { return Followed::default() };
        let written = self.last.rows.iter().rposition(|row| !row.text.is_empty());
        let end = written.map_or(0, |at| self.last.first + at as u64 + 1);
        self.tell(next, end)
    }

    /// The first row to tell.
    fn first(&self, now: &Captured) -> u64 {
        if let Some(from) = self.from {
            return from.max(now.first);
        }
        let written = now.rows.iter().rposition(|row| !row.text.is_empty()).map_or(0, |at| at + 1);
        (now.first + written as u64).saturating_sub(self.lines).max(now.first)
    }

    /// The number that the next row has now. `None` where it is not to be found.
    fn find(&self, next: u64, now: &Captured) -> Option<u64> {
        // Rows come back from the history onto a screen that grows; else a history that shrinks has lost rows.
        let lost = now.screen < self.last.screen && now.height == self.last.height;
        if !lost && self.fits(next, now) {
            return Some(next);
        }
        // A history that is full loses its oldest tenth, perhaps more than once between two looks.
        let tenth = (now.limit / 10).max(1);
        if now.screen + tenth < now.limit {
            return None;
        }
        let times = 1..=now.limit / tenth + 1;
        times.filter_map(|times| next.checked_sub(times * tenth)).find(|next| self.fits(*next, now))
    }

    /// Whether the rows before this one are those that were told last. Those on the screen may have changed since, and
    /// some may have before they scrolled off: half of them must be the same.
    fn fits(&self, next: u64, now: &Captured) -> bool {
        if next < now.first || next > now.screen + now.height {
            return false;
        }
        let before = self.tail.iter().rev().zip(1..).filter_map(|(text, back)| {
            let number = next.checked_sub(back).filter(|number| *number < now.screen)?;
            let row = row(now, number)?;
            (!text.is_empty() || !row.text.is_empty()).then(|| row.text == *text)
        });
        let (mut all, mut same) = (0, 0);
        for fits in before {
            all += 1;
            same += u32::from(fits);
        }
        same * 2 >= all
    }

    fn tell(&mut self, next: u64, end: u64) -> Followed {
        let mut followed = Followed { first_line: next, ..Followed::default() };
        let mut number = next;
        while number < end {
            let Some(row) = row(&self.last, number) else { break };
            if self.tail.len() == TAIL {
                self.tail.pop_front();
            }
            self.tail.push_back(row.text.clone());
            followed.lines.push(row.clone().into_line(self.ansi));
            number += 1;
        }
        self.next = Some(number);
        followed
    }
}

fn row(captured: &Captured, number: u64) -> Option<&Row> {
    let at = number.checked_sub(captured.first)?;
    captured.rows.get(usize::try_from(at).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tmux::rows::rows;

    /// A look: the number of the first row, of the screen's first, of the cursor's, and the rows.
    fn look(first: u64, screen: u64, cursor: u64, text: &str) -> Captured {
        Captured {
            rows: rows(&text.replace(' ', "\n")),
            first,
            screen,
            cursor,
            limit: 50,
            height: 4,
            dead: false,
        }
    }

    fn told(followed: &Followed) -> String {
        followed.lines.join(" ")
    }

    #[test]
    fn a_row_is_told_when_it_scrolls_off_or_nothing_changes() {
        let mut settle = Settle::new(2, None, false);
        assert_eq!(told(&settle.look(look(0, 0, 3, "a b c $"))), "");
        assert_eq!(told(&settle.still()), "c");
        assert_eq!(told(&settle.still()), "");
        assert_eq!(told(&settle.look(look(0, 3, 6, "a b c $ls x y $"))), "");
        assert_eq!(told(&settle.look(look(0, 5, 8, "a b c $ls x y z $"))), "$ls x");
        assert_eq!(told(&settle.still()), "y z $");
        assert_eq!(told(&settle.look(look(0, 5, 8, "a b c $ls x y z $ end"))), "");
        assert_eq!(told(&settle.end()), "end");
    }

    #[test]
    fn the_place_is_found_again_when_the_oldest_rows_are_gone() {
        let mut settle = Settle::new(1, None, false);
        settle.look(look(46, 48, 49, "k l m n"));
        assert_eq!(told(&settle.look(look(46, 50, 51, "k l m n o p"))), "n");
        // Five of fifty were dropped, and two more rows have scrolled off.
        assert_eq!(told(&settle.look(look(42, 47, 48, "l m n o p q"))), "o p");
    }

    #[test]
    fn what_can_not_be_found_is_a_gap() {
        let mut settle = Settle::new(9, None, false);
        settle.look(look(0, 4, 4, "a b c d"));
        let strange = look(30, 33, 33, "x y z");
        assert_eq!(settle.look(strange.clone()), Followed::default());
        assert_eq!(settle.above(), Above { rows: ABOVE_MAX, since: Some(0), anew: true });
        let followed = settle.look(strange);
        assert!(followed.gap);
        assert_eq!((told(&followed).as_str(), followed.first_line), ("x y z", 30));
        // The history was cleared.
        assert!(!settle.look(look(0, 0, 0, "$")).gap);
        assert!(settle.look(look(0, 0, 0, "$")).gap);
    }

    #[test]
    fn it_begins_where_it_is_told_to() {
        let mut settle = Settle::new(9, Some(2), false);
        assert_eq!(settle.above(), Above { rows: 9, since: Some(2), anew: false });
        assert_eq!(told(&settle.look(look(2, 4, 4, "c d e"))), "c d");
        assert_eq!(settle.above(), Above { rows: ROOM, since: Some(0), anew: false });
    }
}
