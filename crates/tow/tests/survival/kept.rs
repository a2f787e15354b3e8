//! Terminal models that a server keeps for the next one.

use std::time::Duration;

use crate::tow;
use towline_testkit::{exists, wait_until};

/// Colours, a title, modes, and more lines than a terminal keeps.
const PRINTS: &str = r"printf '\033]2;the title\007\033[1;31m'; i=0; while [ $i -lt 9000 ]; do i=$((i+1)); \
    echo line $i of a text that fills the journal quickly; done; printf 'ready\033[m'; \
    while read -r line; do printf '<%s>\n' $line; done";

#[test]
fn a_model_that_was_kept_goes_on_as_if_nothing_had_been() {
    let tow = tow();
    tow.spawn("x", PRINTS);
    tow.wait_output("x", "ready");
    let look = || tow.ok(&["peek", "x", "-n", "40", "--ansi"]);
    let before = look();
    tow.ok(&["server", "restart"]);
    let model = wait_until("the kept model", || {
        let panes = std::fs::read_dir(tow.state().join("panes")).unwrap();
        panes.flatten().map(|pane| pane.path().join("model")).find(|path| exists(path).is_some())
    });
    // One that was kept within the last two seconds is passed over, for the sake of queries that may wait.
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(look(), before);
    tow.ok(&["send", "x", "more"]);
    tow.wait_output("x", "<more>");
    assert_eq!(tow.pane("x")["title"], "the title");
    let with_more = look();
    assert!(with_more.contains("<more>") && with_more.contains("line 9000"), "{with_more}");

    // Damaged, or lost, it is passed over.
    let record = std::fs::read(&model).unwrap();
    for damage in [&record[..record.len() / 2], b"", b"nonsense"] {
        tow.ok(&["server", "restart"]);
        std::fs::write(&model, damage).unwrap();
        assert_eq!(look(), with_more);
    }
}
