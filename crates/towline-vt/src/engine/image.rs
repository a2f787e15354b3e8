//! Images: read over, and told of.
//!
//! Nothing is drawn: a program that asks is told that images are not known here. What comes all the same
//! (sixel as DCS, kitty's as APC, iTerm2's as OSC 1337) leaves the screen alone, however long it is and
//! wherever it is cut.

use super::Sink;
use super::parser::Text;
use super::query::CELL;
use super::screen::plain;
use crate::events::{Event, ImageKind, Location};

/// An image of which parts are still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) kind: ImageKind,
    pub(crate) bytes: u64,
    pub(crate) cells: Option<(u16, u16)>,
}

impl Sink<'_> {
    fn image(&mut self, Image { kind, bytes, cells }: Image) {
        self.events.push(Event::Image { kind, bytes, cells });
    }

    /// `DCS P1 ; P2 ; P3 q …`.
    pub(super) fn sixel(&mut self, string: &Text<'_>) {
        let head = string.head;
        let params = head.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        let Some((b'q', data)) = head[params..].split_first() else { return };
        let bytes = string.length;
        self.image(Image { kind: ImageKind::Sixel, bytes, cells: raster(data) });
    }

    /// Kitty's: `APC G KEY=VALUE,… ; DATA`, where `m=1` says that more comes.
    pub(super) fn kitty_image(&mut self, string: &Text<'_>) {
        let Some(body) = string.head.strip_prefix(b"G") else { return };
        let keys = body.split(|&b| b == b';').next().unwrap_or_default();
        let (mut action, mut more, mut cols, mut rows) = (b't', false, 0, 0);
        for key in keys.split(|&b| b == b',') {
            match key {
                [b'a', b'=', what] => action = *what,
                b"m=1" => more = true,
                [b'c', b'=', count @ ..] => cols = number(count).unwrap_or(0),
                [b'r', b'=', count @ ..] => rows = number(count).unwrap_or(0),
                _ => {}
            }
        }
        let under_way = self.screen.image.take().filter(|image| image.kind == ImageKind::Kitty);
        // Only the first part says what it is. Questions, deletions and placements bring no data.
        if under_way.is_none() && !matches!(action, b't' | b'T' | b'f') {
            return;
        }
        let cells = (cols > 0 && rows > 0).then_some((cols, rows));
        let mut image = under_way.unwrap_or(Image { kind: ImageKind::Kitty, bytes: 0, cells });
        image.bytes = image.bytes.saturating_add(string.length);
        if more {
            self.screen.image = Some(image);
        } else {
            self.image(image);
        }
    }

    /// iTerm2's: OSC 1337, of which only images and the folder mean something here.
    pub(super) fn iterm(&mut self, string: &Text<'_>) {
        let body = string.head.strip_prefix(b"1337;").unwrap_or_default();
        let bytes = string.length;
        let new = |arguments: &[u8]| {
            let arguments = arguments.split(|&b| b == b':').next().unwrap_or_default();
            Image { kind: ImageKind::Iterm, bytes, cells: extent(arguments) }
        };
        if let Some(path) = body.strip_prefix(b"CurrentDir=") {
            if string.whole().is_some() {
                let path = plain(&String::from_utf8_lossy(path), string.head.len());
                self.events.push(Event::WorkingDirectory(Location { host: String::new(), path }));
            }
        } else if let Some(arguments) = body.strip_prefix(b"File=") {
            self.image(new(arguments));
        } else if let Some(arguments) = body.strip_prefix(b"MultipartFile=") {
            self.screen.image = Some(new(arguments));
        } else if body.starts_with(b"FilePart=") {
            let under_way = self.screen.image.as_mut();
            if let Some(image) = under_way.filter(|image| image.kind == ImageKind::Iterm) {
                image.bytes = image.bytes.saturating_add(bytes);
            }
        } else if body == b"FileEnd" {
            let under_way = self.screen.image.take();
            if let Some(image) = under_way.filter(|image| image.kind == ImageKind::Iterm) {
                self.image(image);
            }
        }
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The cells that a sixel image takes by its raster attributes: `" Pan ; Pad ; Ph ; Pv`.
fn raster(data: &[u8]) -> Option<(u16, u16)> {
    let attributes = data.strip_prefix(b"\"")?;
    let end = attributes.iter().position(|b| !b.is_ascii_digit() && *b != b';');
    let mut sizes = attributes[..end?].split(|&b| b == b';').skip(2).map(number);
    let (width, height) = (usize::from(sizes.next()??), usize::from(sizes.next()??));
    let cells = (width.div_ceil(CELL.0) as u16, height.div_ceil(CELL.1) as u16);
    (width > 0 && height > 0).then_some(cells)
}

/// The cells that an image of iTerm2 takes, where its width and height are told in cells.
fn extent(arguments: &[u8]) -> Option<(u16, u16)> {
    let value = |name: &[u8]| {
        arguments.split(|&b| b == b';').find_map(|a| a.strip_prefix(name)).and_then(number)
    };
    Some((value(b"width=")?, value(b"height=")?))
}
