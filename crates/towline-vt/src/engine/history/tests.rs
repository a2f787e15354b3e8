use proptest::prelude::*;

use super::*;
use crate::cell::{Attrs, Cell, Color};

fn style() -> impl Strategy<Value = Style> {
    (0..4_u16, 0..3_u8, 0..3_u16).prop_map(|(attrs, color, extra)| Style {
        fg: if color == 0 { Color::DEFAULT } else { Color::indexed(color) },
        bg: Color::DEFAULT,
        attrs: Attrs::default().with(attrs),
        extra,
    })
}

fn cells() -> impl Strategy<Value = Vec<Cell>> {
    let one = (any::<char>(), style(), 0..6_u8).prop_map(|(c, style, kind)| match kind {
        0 => {
            let half = |bit| Style { attrs: style.attrs.with(bit), ..style };
            vec![Cell::new(c, half(Attrs::WIDE)), Cell::new(' ', half(Attrs::SPACER))]
        }
        // A left half whose right one has another style, and halves alone.
        1 => vec![Cell::new(c, Style { attrs: style.attrs.with(Attrs::WIDE), ..style })],
        2 => vec![Cell::new(' ', Style { attrs: style.attrs.with(Attrs::SPACER), ..style })],
        3 => vec![Cell::new('a', Style::DEFAULT); 3],
        _ => vec![Cell::new(c, style)],
    });
    prop::collection::vec(one, 0..8).prop_map(|parts| parts.concat())
}

fn state(row: &Row) -> (Vec<Cell>, bool) {
    (row.cells()[..row.used_len()].to_vec(), row.wrapped)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn rows_come_back(rows in prop::collection::vec((cells(), any::<bool>()), 0..600), limit in 0..600_usize) {
        let rows: Vec<Row> =
            rows.into_iter().map(|(cells, wrapped)| Row::from_cells(cells, wrapped, 0)).collect();
        let mut history = History::default();
        for (at, row) in rows.iter().enumerate() {
            history.push(row);
            history.keep(limit);
            if at % 97 == 0 {
                history.compress();
            }
        }
        let kept = &rows[rows.len().saturating_sub(limit)..];
        prop_assert_eq!(history.len(), kept.len());
        for (at, row) in kept.iter().enumerate() {
            prop_assert_eq!(history.get(at).as_ref().map(state), Some(state(row)), "{}", at);
        }
        prop_assert!(history.get(kept.len()).is_none());
    }
}

#[test]
fn what_is_old_is_compressed_and_read_all_the_same() {
    let text = |at: usize| format!("line {at} of a build that says the same again and again");
    let row = |at: usize| {
        let cells = text(at).chars().map(|c| Cell::new(c, Style::DEFAULT)).collect();
        Row::from_cells(cells, false, 0)
    };
    let mut history = History::default();
    (0..4000).for_each(|at| history.push(&row(at)));
    let before = history.bytes();
    history.compress();
    assert!(history.bytes() * 2 < before, "{} of {before}", history.bytes());
    for at in [0, 255, 256, 3999, 100] {
        assert_eq!(history.get(at).as_ref().map(state), Some(state(&row(at))), "{at}");
    }
    history.set_last_wrapped(true);
    assert!(history.get(3999).is_some_and(|row| row.wrapped));
    history.keep(10);
    assert_eq!(history.get(0).as_ref().map(state), Some(state(&row(3990))));
    history.clear();
    history.push(&row(1));
    assert_eq!((history.len(), history.get(0).as_ref().map(state)), (1, Some(state(&row(1)))));
}
