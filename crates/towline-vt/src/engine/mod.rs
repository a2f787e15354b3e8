//! The engine: parser, grid and what the sequences do.
//!
//! Private, so that it can change without anyone noticing: the crate's interface names none of it.

mod charset;
mod color;
mod csi;
mod dcs;
mod edit;
mod grid;
mod kitty;
mod mode;
mod osc;
mod parser;
mod print;
mod query;
mod reflow;
mod row;
mod screen;
mod sgr;
mod tabs;

pub(crate) use charset::Charset;
pub(crate) use grid::Grid;
pub(crate) use parser::Parser;
pub(crate) use row::Row;
pub(crate) use screen::{Pen, Saved, Screen, Sink};
