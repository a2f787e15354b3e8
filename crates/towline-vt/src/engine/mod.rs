//! The engine: parser, grid and what the sequences do.
//!
//! Private, so that it can change without anyone noticing: the crate's interface names none of it.

mod charset;
mod cluster;
mod color;
mod csi;
mod dcs;
mod edit;
mod grid;
mod history;
mod image;
mod kitty;
mod mode;
mod motion;
mod osc;
mod params;
mod parser;
mod print;
mod query;
mod reflow;
mod reset;
mod row;
mod screen;
mod sgr;
mod shift;
mod tabs;

pub(crate) use charset::Charset;
pub(crate) use color::Palette;
pub(crate) use grid::Grid;
pub(crate) use history::History;
pub(crate) use image::Image;
pub(crate) use kitty::Keyboard;
pub(crate) use mode::Flags;
pub(crate) use params::Csi;
pub(crate) use parser::{Parser, State as ParserState};
pub(crate) use row::Row;
pub(crate) use screen::{Pen, Saved, Screen, Sink};
pub(crate) use tabs::Tabs;
