//! What an agent answered, read off its terminal: for agents whose hooks don't tell.

use super::squeezed;
use super::typed::{head, mark};

/// The rows of a transcript between the last copy of the prompt and the input box beneath it, without blank rows at both ends.
/// Empty where the prompt is not to be found.
///
/// `lines` are the rows that the terminal keeps, the screen last.
pub fn answer(prompt: &str, lines: &[String]) -> String {
    let head = head(prompt);
    let rows: Vec<String> = lines.iter().map(|line| squeezed(line)).collect();
    let echo = rows.iter().enumerate().rev().find_map(|(at, row)| {
        let mark = mark(row, &head);
        (mark.is_some() || row.starts_with(&head)).then_some((at, mark.unwrap_or_default()))
    });
    let Some((echo, mark)) = echo.filter(|_| !head.is_empty()) else { return String::new() };
    // What of the prompt comes in further rows is no answer.
    let whole = squeezed(prompt);
    let mut seen = rows[echo].strip_prefix(&mark).unwrap_or(&rows[echo]).to_owned();
    let mut first = echo + 1;
    while first < rows.len() && seen.len() < whole.len() {
        let with_next = seen.clone() + &rows[first];
        if !whole.starts_with(&with_next) {
            break;
        }
        seen = with_next;
        first += 1;
    }
    let is_box = |row: &&String| !mark.is_empty() && row.starts_with(&mark);
    let below = rows[first..].iter().rev().position(|row| is_box(&row));
    let end = below.map_or(rows.len(), |below| rows.len() - 1 - below);
    let says = |row: &usize| !rows[*row].is_empty();
    let Some(first) = (first..end).find(says) else { return String::new() };
    let last = (first..end).rev().find(says).unwrap_or(first);
    let kept: Vec<&str> = lines[first..=last].iter().map(|line| line.trim_end()).collect();
    kept.join("\n")
}
