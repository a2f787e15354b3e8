//! Finds out whether what is shown has moved up.

use crate::cell::Cell;

/// Rows that scrolling must save to be worth it.
const LEAST_GAIN: isize = 2;

/// By how many rows to scroll up, when that saves writing. `hint` is a likely distance.
pub(super) fn detect(
    shown: &[Cell],
    wanted: &[Cell],
    cols: usize,
    hint: Option<usize>,
) -> Option<usize> {
    let rows = wanted.len() / cols;
    let still = right(shown, wanted, cols, 0);
    // Rows that are wrong now, and so could be saved.
    let most = rows as isize - still;
    if most < LEAST_GAIN {
        return None;
    }
    let hint = hint.filter(|count| (1..rows).contains(count));
    if let Some(count) = hint
        && right(shown, wanted, cols, count) - still >= most - count as isize
    {
        // All rows but those that came in.
        return (most - count as isize >= LEAST_GAIN).then_some(count);
    }
    search(shown, wanted, cols, still)
}

/// Rows that need no writing once the shown ones have moved up.
fn right(shown: &[Cell], wanted: &[Cell], cols: usize, count: usize) -> isize {
    let moved = shown[count * cols..].chunks_exact(cols);
    let same = moved.zip(wanted.chunks_exact(cols)).filter(|(old, new)| old == new).count();
    same as isize
}

/// Tries all distances, on hashes of the rows.
fn search(shown: &[Cell], wanted: &[Cell], cols: usize, still: isize) -> Option<usize> {
    let hashes = |cells: &[Cell]| cells.chunks_exact(cols).map(hash).collect::<Vec<_>>();
    let (old, new) = (hashes(shown), hashes(wanted));
    let gain = |count: usize| {
        let same = old[count..].iter().zip(&new).filter(|(old, new)| old == new).count();
        same as isize - still
    };
    let best = (1..new.len()).map(|count| (gain(count), count)).max_by_key(|&(gain, count)| {
        // Of equals the shortest way.
        (gain, std::cmp::Reverse(count))
    });
    best.filter(|&(gain, _)| gain >= LEAST_GAIN).map(|(_, count)| count)
}

/// A fast hash of a row. What it takes for equal is compared cell by cell afterwards: a collision
/// costs bytes, never a wrong picture.
fn hash(cells: &[Cell]) -> u64 {
    // The multiplier of FxHash, as Firefox and rustc use it; two lanes, so that one needn't wait
    // for the other.
    let mix =
        |lane: u64, word: u64| (lane.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (a, b) =
        cells.iter().map(Cell::words).fold((0, 0), |(a, b), (x, y)| (mix(a, x), mix(b, y)));
    mix(a, b)
}
