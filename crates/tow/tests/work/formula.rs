//! `tow formula`: what can be poured, and what is wrong with it.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use towline_testkit::Tow;

use crate::common::{json_in, ledger, ok_in, tow};
use crate::mol::formula;

fn project() -> (Tow, PathBuf) {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    formula(
        &folder,
        "good",
        "formula = 'good'\ndescription = 'Does good.'\n[vars.x]\ndescription = 'An x'\ndefault = '1'\nenum = ['1', '2']\n\
         [[steps]]\nid = 'a'\ntitle = 'A {{x}}'\n[[steps]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\nawait = 'human'\n",
    );
    (tow, folder)
}

#[test]
fn formulas_are_listed_and_shown() {
    let (tow, folder) = project();
    formula(&folder, "broken", "formula = 'broken'\n[[steps]]\ntitle = 'A'\n");
    let listed = json_in(&tow, &folder, &["formula", "list", "--json"]);
    let find = |name: &str| {
        listed.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
    };
    let good = find("good");
    assert_eq!(
        (&good["source"], &good["steps"], &good["vars"]),
        (&json!("project"), &json!(2), &json!(["x"]))
    );
    assert!(find("broken")["error"].as_str().unwrap().contains("has no id"));
    assert_eq!(find("mol-polecat-work")["source"], "built in");
    let told = ok_in(&tow, &folder, &["formula", "list"]);
    assert!(
        told.starts_with("FORMULA ") && told.contains("good ") && told.contains("Does good."),
        "{told}"
    );
    let shown = ok_in(&tow, &folder, &["formula", "show", "good"]);
    let file = folder.join(".beads/formulas/good.formula.toml");
    assert_eq!(
        shown,
        format!(
            "good  (project, {})\n  Does good.\n\nVariables:\n  x  An x  (default \"1\"; one of 1, 2)\n\nSteps:\n  \
             1. a: A {{{{x}}}}\n  2. b: B  [needs a; waits for human]\n",
            file.display()
        )
    );
    let shown = json_in(&tow, &folder, &["formula", "show", "good", "--json"]);
    assert_eq!(
        (&shown["formula"], &shown["type"], &shown["steps"][1]["await"]),
        (&json!("good"), &json!("workflow"), &json!("human"))
    );
    tow.run_in(&folder, &["formula", "show", "godo"])
        .expect_error(3, "there is no formula godo; did you mean good?");
    tow.run_in(&folder, &["formula", "show", "broken"])
        .expect_error(1, "broken.formula.toml, line 2");
}

#[test]
fn what_is_wrong_names_file_line_and_step() {
    let (tow, folder) = project();
    assert!(ok_in(&tow, &folder, &["formula", "check"]).contains("✓ good\n"));
    let text = "formula = 'bad'\nodd = 1\n[[steps]]\nid = 'a'\ntitle = 'A'\nneeds = ['c']\n[[steps]]\nid = 'b'\ntitle = 'B'\ncondition = 'x'\n";
    formula(&folder, "bad", text);
    let file = folder.join(".beads/formulas/bad.formula.toml").display().to_string();
    let told = tow.run_in(&folder, &["formula", "check"]).expect_status(1).stdout;
    assert!(told.contains(&format!("✗ bad\n  {file}:2: warning: ")), "{told}");
    assert!(
        told.contains(&format!("  {file}:3: error: step a: it needs c, which is no step")),
        "{told}"
    );
    assert!(told.contains("error: step b: its condition is"), "{told}");
    let found: serde_json::Value = serde_json::from_str(
        &tow.run_in(&folder, &["formula", "check", "bad", "--json"]).expect_status(1).stdout,
    )
    .unwrap();
    assert_eq!(
        (&found[0]["ok"], &found[0]["problems"][1]["step"], &found[0]["problems"][1]["line"]),
        (&json!(false), &json!("a"), &json!(3))
    );
    tow.run_in(&folder, &["formula", "check", "gone"]).expect_error(3, "there is no formula gone");
}

#[test]
fn a_file_that_is_named_is_taken_as_it_is() {
    let (tow, folder) = project();
    fs::write(folder.join("mine.toml"), "formula = 'mine'\n[[steps]]\nid = 'a'\ntitle = 'A'\n")
        .unwrap();
    fs::write(
        folder.join("more.formula.toml"),
        "formula = 'more'\nextends = ['base']\n[[steps]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\n",
    )
    .unwrap();
    fs::write(
        folder.join("base.formula.toml"),
        "formula = 'base'\n[[steps]]\nid = 'a'\ntitle = 'A'\n",
    )
    .unwrap();
    fs::write(folder.join("broken.toml"), "formula = \n").unwrap();
    let told = ok_in(&tow, &folder, &["formula", "check", "./mine.toml", "more.formula.toml"]);
    assert!(
        told.starts_with("✓ ./mine.toml\n") && told.ends_with("✓ more.formula.toml\n"),
        "{told}"
    );
    let made = json_in(&tow, &folder, &["mol", "pour", "more.formula.toml", "--json"]);
    assert_eq!(made["created"], 3);
    let told = tow.run_in(&folder, &["formula", "check", "broken.toml"]).expect_status(1).stdout;
    assert!(told.starts_with("✗ broken.toml\n  broken.toml:1: error: "), "{told}");
    tow.run_in(&folder, &["formula", "check", "./none.toml"])
        .expect_error(1, "cannot read ./none.toml: no such file");
}

#[test]
fn a_formula_that_is_hidden_by_another_is_told() {
    let (tow, folder) = project();
    formula(
        &folder,
        "mol-polecat-work",
        "formula = 'mol-polecat-work'\n[[steps]]\nid = 'a'\ntitle = 'A'\n",
    );
    let told = tow.run_in(&folder, &["formula", "list"]).expect_status(0);
    assert!(
        told.stderr.contains("note: mol-polecat-work.formula.toml is not used: "),
        "{}",
        told.stderr
    );
    let listed = json_in(&tow, &folder, &["formula", "list", "--json"]);
    let hidden =
        listed.as_array().unwrap().iter().find(|one| one["name"] == "mol-polecat-work").unwrap();
    assert_eq!(
        (&hidden["source"], &hidden["shadowed"]),
        (&json!("project"), &json!(["mol-polecat-work.formula.toml"]))
    );
    // Without any ledger those that Towline comes with are there.
    let bare = tow.work().join("bare");
    fs::create_dir_all(&bare).unwrap();
    assert!(ok_in(&tow, &bare, &["formula", "list"]).contains("mol-witness-patrol"));
}
