//! A pane within itself.

use crate::tow;
use towline_testkit::Outer;

#[test]
fn a_pane_can_not_be_attached_in_itself() {
    let tow = tow();
    let program = tow.command::<&str>(&[]).get_program().to_owned();
    let command = format!("echo ready; read go; '{}' attach x; exec cat", program.display());
    tow.spawn("x", &command);
    tow.wait_output("x", "ready");
    let outer = Outer::attach(&tow, &["x"], (90, 20));
    outer.type_in("go\r");
    outer.wait_text("tow: this is in the pane x itself");
    outer.type_in("alive\r");
    outer.wait_text("alive");
}
