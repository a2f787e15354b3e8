//! The parts of a terminal's state as a record holds them.

use super::RecordError;
use super::codec::{Codec, Source, choices, fields};
use crate::cell::{Attrs, Color, Style};
use crate::engine::{
    Charset, Csi, Flags, Image, Keyboard, Palette, Parser, ParserState, Pen, Saved, Tabs,
};
use crate::events::ImageKind;
use crate::extras::{Extra, Link};
use crate::modes::{CursorShape, Modes, MouseEncoding, MouseMode};
use std::sync::Arc;

impl Codec for Color {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        Codec::read(from).map(Self)
    }
}

impl Codec for Attrs {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        Codec::read(from).map(Self)
    }
}

fields!(Style { fg, bg, attrs, extra });
fields!(Link { id, uri });
fields!(Extra { combining, link, underline });
fields!(Pen { style, underline, link, charsets, active });
fields!(Saved { row, col, pending, origin, pen, shift });
fields!(Flags { reverse_wrap, reverse_wrap_always, side_margins, clusters, scheme_reports });
fields!(Keyboard { flags, below });
fields!(Tabs { custom });
fields!(Palette { changed });
fields!(Image { kind, bytes, cells });
fields!(Modes {
    alt_screen,
    app_cursor,
    app_keypad,
    bracketed_paste,
    mouse,
    mouse_encoding,
    focus_events,
    alternate_scroll,
    keyboard,
    modify_other_keys,
    cursor_visible,
    cursor_shape,
    cursor_blink,
    autowrap,
    insert,
    origin,
    newline,
    reverse_video,
});
fields!(Csi { params, len, colons, marker, intermediate, last });
fields!(Parser { state, csi, intermediate, string, length, partial, partial_len });

choices!(Charset { Ascii = 0, Drawing = 1, British = 2 });
choices!(MouseMode { Off = 0, X10 = 1, Click = 2, Drag = 3, Motion = 4 });
choices!(MouseEncoding { Default = 0, Utf8 = 1, Sgr = 2, Urxvt = 3, SgrPixels = 4 });
choices!(CursorShape { Default = 0, Block = 1, Underline = 2, Bar = 3 });
choices!(ImageKind { Sixel = 0, Kitty = 1, Iterm = 2 });
choices!(ParserState {
    Ground = 0,
    Escape = 1,
    EscapeIntermediate = 2,
    EscapeIgnore = 3,
    CsiEntry = 4,
    CsiParam = 5,
    CsiIntermediate = 6,
    CsiIgnore = 7,
    Osc = 8,
    Dcs = 9,
    Apc = 10,
    Ignore = 11,
});

impl<T: Codec> Codec for Arc<T> {
    fn write(&self, to: &mut Vec<u8>) {
        T::write(self, to);
    }
    fn read(from: &mut Source<'_>) -> Result<Self, RecordError> {
        T::read(from).map(Arc::new)
    }
}
