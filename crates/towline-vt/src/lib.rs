//! The terminal model: feed bytes, read rows, paint, snapshot.
//!
//! Pure: no I/O, no clock, no threads. The same bytes, in whatever slices, give the same model, so
//! a model is always a replay of a pane's journal.
//!
//! - [`Terminal`] is the model: bytes in; text, modes and [`Event`]s out.
//! - [`Painter`] keeps the terminal of one attached client equal to a model.
//! - [`encode_key`] and [`encode_paste`] make input as the program's modes want it.

// Unit tests share the random programs of the tests beside, which know the crate by its name.
#[cfg(test)]
extern crate self as towline_vt;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

mod cell;
mod engine;
mod events;
mod extras;
mod keys;
mod line;
mod modes;
mod painter;
mod paste;
mod record;
mod size;
mod style;
mod terminal;

pub use events::{Event, ImageKind, Location, ProgressState, PromptMark};
pub use keys::{UnknownKey, encode_key};
pub use line::Line;
pub use modes::{Cursor, CursorShape, Modes, MouseEncoding, MouseMode};
pub use painter::Painter;
pub use paste::encode_paste;
pub use record::RecordError;
pub use size::Size;
pub use terminal::Terminal;
