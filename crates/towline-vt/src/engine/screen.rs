//! The state of a terminal, and where the parser's findings go.

use super::color::Palette;
use super::image::Image;
use super::kitty::Keyboard;
use super::mode::Flags;
use super::params::Csi;
use super::parser::{Perform, Text};
use super::tabs::Tabs;
use super::{Charset, Grid};
use crate::cell::{Cell, Color, Style};
use crate::events::Event;
use crate::extras::{Extra, Extras, Link};
use crate::modes::Modes;
use crate::size::Size;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters kept of a title.
const MAX_TITLE: usize = 512;

/// Titles kept on the stack (`CSI 22 t`); a push beyond drops the oldest.
pub(super) const MAX_TITLES: usize = 16;

/// What a program writes with: style and character sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pen {
    /// The style, its extra without combining characters.
    pub(crate) style: Style,
    /// The underline's colour, part of `style.extra`.
    pub(crate) underline: Color,
    /// The link, part of `style.extra`.
    pub(crate) link: Option<Arc<Link>>,
    /// G0 to G3.
    pub(crate) charsets: [Charset; 4],
    /// Which of them is in use.
    pub(crate) active: usize,
}

/// What DECSC saves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Saved {
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// The cursor waited to wrap.
    pub(crate) pending: bool,
    pub(crate) origin: bool,
    pub(crate) pen: Pen,
    /// A single shift waited for its character.
    pub(crate) shift: Option<u8>,
}

/// The state of a terminal.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) main: Grid,
    /// The alternate screen, while it is shown.
    pub(crate) alt: Option<Grid>,
    pub(crate) cols: usize,
    pub(crate) lines: usize,
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// The last column has been written: the next character goes to the next row.
    pub(crate) pending: bool,
    pub(crate) pen: Pen,
    /// The next character is of this set (SS2, SS3).
    pub(crate) shift: Option<u8>,
    /// Nothing that could have moved the cursor has come since a character was written: the next may belong to it.
    pub(crate) joins: bool,
    /// What DECSC saved on the main and on the alternate screen.
    pub(crate) saved: [Saved; 2],
    /// The scrolling rows, `top..bottom`.
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    /// The scrolling columns, `left..right`: all but with DECLRMM.
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) tabs: Tabs,
    /// `alt_screen` and `keyboard` are filled in on reading.
    pub(crate) modes: Modes,
    /// Modes that matter to nobody outside.
    pub(crate) flags: Flags,
    /// Private modes that XTSAVE kept.
    pub(crate) kept_modes: BTreeMap<u16, bool>,
    pub(crate) keyboards: [Keyboard; 2],
    pub(crate) title: String,
    pub(crate) titles: Vec<String>,
    /// What the program said last that it does (OSC 7501).
    pub(crate) status: String,
    /// The number of the line that the program began on.
    pub(crate) begun: u64,
    pub(crate) palette: Palette,
    pub(crate) extras: Extras,
    pub(crate) synchronized: bool,
    /// The character that REP repeats.
    pub(crate) last: Option<char>,
    /// An unfinished OSC 99: its id, title and body.
    pub(crate) notice: Option<(String, String, String)>,
    /// An image of which parts are still to come.
    pub(crate) image: Option<Image>,
    /// Counts feeds and whatever else may change what is seen.
    pub(crate) generation: u64,
}

impl Screen {
    pub(crate) fn new(size: Size, scrollback: usize) -> Self {
        let size = size.clamped();
        let (cols, lines) = (usize::from(size.cols), usize::from(size.rows));
        Screen {
            main: Grid::new(cols, lines, scrollback),
            alt: None,
            cols,
            lines,
            row: 0,
            col: 0,
            pending: false,
            pen: Pen::default(),
            shift: None,
            joins: false,
            saved: Default::default(),
            top: 0,
            bottom: lines,
            left: 0,
            right: cols,
            tabs: Tabs::default(),
            modes: Modes::default(),
            flags: Flags::default(),
            kept_modes: BTreeMap::new(),
            keyboards: Default::default(),
            title: String::new(),
            titles: Vec::new(),
            status: String::new(),
            begun: 0,
            palette: Palette::default(),
            extras: Extras::new(),
            synchronized: false,
            last: None,
            notice: None,
            image: None,
            generation: 1,
        }
    }

    /// The grid that is shown.
    pub(crate) fn grid(&self) -> &Grid {
        self.alt.as_ref().unwrap_or(&self.main)
    }

    pub(super) fn grid_mut(&mut self) -> &mut Grid {
        self.alt.as_mut().unwrap_or(&mut self.main)
    }

    /// 0 on the main screen, 1 on the alternate one.
    pub(super) fn which(&self) -> usize {
        usize::from(self.alt.is_some())
    }

    /// What erasing leaves.
    pub(super) fn blank(&self) -> Cell {
        Cell::new(' ', self.pen.style.erased())
    }

    /// The row of the cursor, about to be changed.
    pub(super) fn cursor_row(&mut self) -> &mut super::Row {
        let (row, now) = (self.row, self.generation);
        let row = self.grid_mut().row_mut(row);
        row.changed = now;
        row
    }

    /// Makes the pen's extra agree with its link and underline colour.
    pub(super) fn update_pen(&mut self) {
        let extra = Extra {
            combining: String::new(),
            link: self.pen.link.clone(),
            underline: self.pen.underline,
        };
        self.pen.style.extra = self.extras.number(extra);
    }

    /// Takes a title, without what a title should not hold; tells whether it is another one.
    pub(super) fn set_title(&mut self, title: &str) -> bool {
        let title = plain(title, MAX_TITLE);
        let other = title != self.title;
        self.title = title;
        other
    }

    /// A program that goes above the line it began on takes the whole screen for its own.
    pub(crate) fn note_place(&mut self) {
        if self.alt.is_none() && self.main.scrolled() + (self.row as u64) < self.begun {
            self.begun = 0;
        }
    }

    /// The decorations that are in use, by number, and perhaps some of rows that are gone: the history tells its styles by blocks.
    fn used_extras(&self) -> Vec<bool> {
        let mut used = self.extras_on_screen();
        for style in self.main.history.styles() {
            used[usize::from(style.extra)] = true;
        }
        used
    }

    /// Just the decorations that are in use, by number.
    pub(crate) fn exactly_used_extras(&self) -> Vec<bool> {
        let mut used = self.extras_on_screen();
        for row in (0..self.main.history()).filter_map(|index| self.main.history.get(index)) {
            row.cells().iter().for_each(|cell| used[usize::from(cell.style.extra)] = true);
        }
        used
    }

    fn extras_on_screen(&self) -> Vec<bool> {
        let mut used = vec![false; self.extras.len()];
        let grids = [Some(&self.main), self.alt.as_ref()];
        for row in grids.into_iter().flatten().flat_map(|grid| &grid.rows) {
            row.cells().iter().for_each(|cell| used[usize::from(cell.style.extra)] = true);
        }
        for pen in [&self.pen, &self.saved[0].pen, &self.saved[1].pen] {
            used[usize::from(pen.style.extra)] = true;
        }
        used
    }

    /// Tidies up after a feed: forgets decorations that no cell has any more, when there are many.
    pub(crate) fn settle(&mut self) {
        self.note_place();
        if self.extras.wants_scan() {
            let used = self.used_extras();
            self.extras.keep(&used);
        }
    }
}

/// Text without control characters, cut to a number of characters.
pub(super) fn plain(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// A screen being fed, and where its events go.
pub(crate) struct Sink<'a> {
    pub(crate) screen: &'a mut Screen,
    pub(crate) events: &'a mut Vec<Event>,
}

impl Sink<'_> {
    pub(super) fn reply(&mut self, reply: impl Into<Vec<u8>>) {
        self.events.push(Event::Reply(reply.into()));
    }

    pub(super) fn title(&mut self, title: &str) {
        if self.screen.set_title(title) {
            self.events.push(Event::Title(self.screen.title.clone()));
        }
    }
}

impl Perform for Sink<'_> {
    fn text(&mut self, bytes: &[u8]) {
        self.screen.print_ascii(bytes);
    }

    fn print(&mut self, text: &str) {
        self.screen.print_text(text);
    }

    fn control(&mut self, byte: u8) {
        let screen = &mut *self.screen;
        screen.joins = false;
        match byte {
            b'\n' | 0x0b | 0x0c => screen.newline(),
            b'\r' => screen.carriage_return(),
            0x08 => screen.back(1),
            b'\t' => screen.tab(1),
            0x0e => screen.pen.active = 1,
            0x0f => screen.pen.active = 0,
            0x07 if self.events.last() != Some(&Event::Bell) => self.events.push(Event::Bell),
            _ => {}
        }
    }

    fn csi(&mut self, csi: &Csi) {
        // More than half of all sequences.
        if csi.last == b'm' && csi.marker == 0 && csi.intermediate == 0 {
            return self.screen.set_attributes(csi);
        }
        // Nothing but colours comes within words.
        self.screen.joins = false;
        self.control_sequence(csi);
    }

    fn esc(&mut self, intermediate: u8, last: u8) {
        // The end of a string is one as well.
        self.screen.joins &= last == b'\\';
        self.escape(intermediate, last);
    }

    fn osc(&mut self, string: &Text<'_>, bell: bool) {
        if string.head.starts_with(b"1337;") {
            self.iterm(string);
        } else if let Some(string) = string.whole() {
            self.system_command(string, bell);
        }
    }

    fn dcs(&mut self, string: &Text<'_>) {
        self.sixel(string);
        if let Some(string) = string.whole() {
            self.device_string(string);
        }
    }

    fn apc(&mut self, string: &Text<'_>) {
        self.kitty_image(string);
    }
}
