use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Formula {
    Formula::parse(Path::new("f/x.formula.toml"), text).unwrap_or_else(|error| panic!("{error}"))
}

fn vars(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What `check` says, in words, errors with a mark.
fn told(formula: &Formula) -> Vec<String> {
    let mark = |problem: &Problem| match problem.severity {
        Severity::Error => "! ",
        Severity::Warning => "",
    };
    formula.check().iter().map(|problem| format!("{}{problem}", mark(problem))).collect()
}

const WHOLE: &str = r#"formula = "x"
description = "Ship {{feature}}"
version = 2
type = "workflow"

[vars]
simple = "patrol"

[vars.feature]
description = "What is shipped"
required = true

[vars.env]
default = "test"
enum = ["test", "prod"]

[vars.retries]
type = "int"
default = 3

[vars.ticket]
pattern = "^[A-Z]+-[0-9]+$"

[[steps]]
id = "design"
title = "Design {{feature}}"
description = "Think of {{env}} and {{simple}}, {{retries}} times."

[[steps]]
id = "build"
title = "Build {{feature}}"
needs = ["design"]
labels = ["heavy", "env:{{env}}"]
priority = 1
type = "feature"
assignee = "{{simple}}"

[[steps]]
id = "approve"
title = "Approve"
depends_on = ["build"]
await = "human"
condition = "{{env}} == prod"

[[steps]]
id = "ship"
title = "Ship it"
needs = ["approve"]
"#;

#[test]
fn a_formula_is_read() {
    let formula = parse(WHOLE);
    assert_eq!(told(&formula), [""; 0]);
    assert_eq!(formula.name, "x");
    assert_eq!(formula.version, 2);
    assert!(!formula.vapor);
    let names: Vec<&str> = formula.vars.iter().map(|var| var.name.as_str()).collect();
    assert_eq!(names, ["env", "feature", "retries", "simple", "ticket"]);
    assert_eq!(formula.var("retries").unwrap().default.as_deref(), Some("3"));
    assert_eq!(formula.var("simple").unwrap().default.as_deref(), Some("patrol"));
    assert_eq!(formula.var("env").unwrap().choices, ["test", "prod"]);
    assert!(formula.var("feature").unwrap().required);
    let step = formula.step("approve").unwrap();
    assert_eq!(
        (step.needs.as_slice(), step.await_type.as_str()),
        (&["build".to_owned()][..], "human")
    );
    assert_eq!(formula.step("build").unwrap().priority, Some(1));
}

#[test]
fn json_says_the_same() {
    let text = r#"{"formula":"x","description":"Ship {{feature}}","version":2,"type":"workflow",
        "vars":{"simple":"patrol","feature":{"description":"What is shipped","required":true},
          "env":{"default":"test","enum":["test","prod"]},"retries":{"type":"int","default":3},
          "ticket":{"pattern":"^[A-Z]+-[0-9]+$"}},
        "steps":[
          {"id":"design","title":"Design {{feature}}","description":"Think of {{env}} and {{simple}}, {{retries}} times."},
          {"id":"build","title":"Build {{feature}}","needs":["design"],"labels":["heavy","env:{{env}}"],"priority":1,
           "type":"feature","assignee":"{{simple}}"},
          {"id":"approve","title":"Approve","depends_on":["build"],"await":"human","condition":"{{env}} == prod"},
          {"id":"ship","title":"Ship it","needs":["approve"],"notes":null}]}"#;
    let json = Formula::parse(Path::new("f/x.formula.json"), text).unwrap();
    assert_eq!(told(&json), [""; 0]);
    for env in ["test", "prod"] {
        let given = vars(&[("feature", "login"), ("env", env)]);
        assert_eq!(json.pour(&given), parse(WHOLE).pour(&given));
    }
}

#[test]
fn it_is_poured() {
    let poured = parse(WHOLE).pour(&vars(&[("feature", "{{env}}"), ("env", "prod")])).unwrap();
    assert_eq!((poured.title.as_str(), poured.description.as_str()), ("x", "Ship {{env}}"));
    assert_eq!(
        poured.vars,
        vars(&[("env", "prod"), ("feature", "{{env}}"), ("retries", "3"), ("simple", "patrol")])
    );
    let steps: Vec<(&str, &str, Vec<&str>, &str)> = poured
        .steps
        .iter()
        .map(|step| {
            let needs = step.needs.iter().map(String::as_str).collect();
            (step.id.as_str(), step.title.as_str(), needs, step.issue_type.as_str())
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("design", "Design {{env}}", vec![], "task"),
            ("build", "Build {{env}}", vec!["design"], "feature"),
            ("approve", "Approve", vec!["build"], "gate"),
            ("ship", "Ship it", vec!["approve"], "task"),
        ]
    );
    assert_eq!(poured.steps[0].description, "Think of prod and patrol, 3 times.");
    assert_eq!(poured.steps[1].labels, ["heavy", "env:prod"]);
    assert_eq!(poured.steps[1].assignee, "patrol");
    assert_eq!(poured.steps[2].await_type, "human");

    // Without the approval, what needs it needs what it needs.
    let poured = parse(WHOLE).pour(&vars(&[("feature", "login")])).unwrap();
    let last = poured.steps.last().unwrap();
    assert_eq!((poured.steps.len(), last.needs.as_slice()), (3, &["build".to_owned()][..]));
}

#[test]
fn steps_come_after_what_they_need() {
    let poured = parse(
        r#"
        steps = [
          { id = "e", title = "e", needs = ["c", "d"] },
          { id = "d", title = "d", needs = ["b"] },
          { id = "a", title = "a" },
          { id = "b", title = "b", needs = "a" },
          { id = "c", title = "c", needs = ["a"], children = [ { id = "c1", title = "c1", needs = ["d"] }, { id = "c2", title = "c2" } ] },
        ]"#,
    )
    .pour(&BTreeMap::new())
    .unwrap();
    let ids: Vec<&str> = poured.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "d", "c", "e", "c1", "c2"]);
    let step = |id: &str| poured.steps.iter().find(|step| step.id == id).unwrap();
    assert_eq!(step("e").needs, ["d", "c"]);
    assert_eq!(step("c").issue_type, "epic");
    assert_eq!(step("c1").parent.as_deref(), Some("c"));
    assert_eq!(poured.title, "x");
}

#[test]
fn those_within_a_step_that_is_left_out_are_too() {
    let text = r#"
        [vars.deep]
        [[steps]]
        id = "a"
        title = "a"
        condition = "{{deep}}"
        [[steps.children]]
        id = "a1"
        title = "a1"
        [[steps]]
        id = "b"
        title = "b"
        needs = ["a", "a1"]"#;
    for (given, ids) in [(vars(&[]), vec!["b"]), (vars(&[("deep", "yes")]), vec!["a", "a1", "b"])] {
        let poured = parse(text).pour(&given).unwrap();
        assert_eq!(poured.steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ids);
    }
}

#[test]
fn values_are_checked() {
    let formula = parse(WHOLE);
    for (given, error) in [
        (vec![], "the formula x needs --var feature=VALUE (for step design)"),
        (
            vec![("feature", "f"), ("evn", "prod")],
            "the formula x has no variable evn; did you mean env?",
        ),
        (vec![("feature", "f"), ("zzzzzz", "1")], "the formula x has no variable zzzzzz"),
        (
            vec![("feature", "f"), ("env", "moon")],
            "the variable env of the formula x can't have this value: \"moon\" is not one of test, prod",
        ),
        (
            vec![("feature", "f"), ("retries", "x")],
            "the variable retries of the formula x can't have this value: \"x\" is not a whole number",
        ),
        (
            vec![("feature", "f"), ("ticket", "abc")],
            "the variable ticket of the formula x can't have this value: \"abc\" does not match ^[A-Z]+-[0-9]+$",
        ),
    ] {
        assert_eq!(formula.pour(&vars(&given)).unwrap_err().to_string(), error);
    }
    for given in [
        vec![("feature", "f"), ("ticket", "AB-1"), ("retries", "-7"), ("env", "prod")],
        vec![("feature", ""), ("env", "")],
    ] {
        formula.pour(&vars(&given)).unwrap();
    }
}

#[test]
fn variables_that_are_not_declared() {
    let formula = parse(
        r#"formula = "x"
        [vars.version]
        [[steps]]
        id = "a"
        title = "a {{place}}"
        description = "See {{ready_count}} and {{else}}."
        [[steps]]
        id = "b"
        title = "b"
        description = "{{other}}"
        "#,
    );
    assert_eq!(
        told(&formula),
        [
            "line 3: step a: {{place}} in its title is no variable of the formula",
            "line 3: step a: {{ready_count}} in its description is no variable of the formula",
            "line 7: step b: {{other}} in its description is no variable of the formula",
        ]
    );
    let error = formula.pour(&vars(&[])).unwrap_err().to_string();
    assert_eq!(error, "the formula x needs --var place=VALUE (for step a)");
    let poured = formula.pour(&vars(&[("place", "here"), ("other", "there")])).unwrap();
    assert_eq!(poured.steps[0].title, "a here");
    assert_eq!(poured.steps[0].description, "See {{ready_count}} and {{else}}.");
    assert_eq!(poured.steps[1].description, "there");

    let nearly = parse(
        "[vars.version]\ndefault = \"1\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\ndescription = \"{{verison}}\"",
    );
    assert_eq!(
        nearly.pour(&vars(&[])).unwrap_err().to_string(),
        "step a of the formula x has {{verison}}, which is no variable; did you mean version?"
    );
}

#[test]
fn several_missing_values_are_told_at_once() {
    let formula = parse(
        "[vars.a]\n[vars.b]\nrequired = true\n[vars.c]\nrequired = true\n[vars.d]\n\
         [[steps]]\nid = \"s\"\ntitle = \"{{a}}\"\n[[steps]]\nid = \"t\"\ntitle = \"{{a}} {{b}}\"",
    );
    assert_eq!(
        formula.pour(&vars(&[])).unwrap_err().to_string(),
        "the formula x needs --var a=VALUE (for step s) and --var b=VALUE (for step t) and --var c=VALUE"
    );
}

#[test]
fn what_makes_no_sense_is_told() {
    for (text, expected) in [
        ("", vec!["! it has no steps", "it has no name; add formula = \"x\""]),
        (
            "formula = \"y\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"",
            vec!["line 1: it is called y, but its file is found as x"],
        ),
        (
            "formula = \"x\"\n\n[[steps]]\nid = \"a\"\ntitle = \"\"\n\n[[steps]]\nid = \"a\"\ntitle = \"b\"",
            vec![
                "! line 3: step a: it has no title",
                "! line 7: step a: there is a step of this id already, in line 3",
            ],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"build\"\ntitle = \"b\"\n[[steps]]\nid = \"b\"\ntitle = \"b\"\nneeds = [\"biuld\", \"zebra\"]",
            vec![
                "! line 5: step b: it needs biuld, which is no step; did you mean build?",
                "! line 5: step b: it needs zebra, which is no step",
            ],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nneeds = [\"c\"]\n[[steps]]\nid = \"b\"\ntitle = \"b\"\nneeds = [\"a\"]\n\
             [[steps]]\nid = \"c\"\ntitle = \"c\"\nneeds = [\"b\"]",
            vec!["! line 2: step a: steps wait for each other: a needs c needs b needs a"],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nneeds = [\"a\"]",
            vec!["! line 2: step a: steps wait for each other: a needs a"],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nneeds = [\"a1\"]\n[[steps.children]]\nid = \"a1\"\ntitle = \"a1\"",
            vec!["! line 2: step a: steps wait for each other: a needs a1 is within a"],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\n[[steps.children]]\nid = \"a1\"\ntitle = \"a1\"\nneeds = [\"a\"]",
            vec!["! line 5: step a1: it needs a, which it is within"],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\ncondition = \"yes\"\n[[steps]]\nid = \"b\"\ntitle = \"b\"\ncondition = \"{{c}}\"",
            vec![
                "! line 2: step a: its condition is \"yes\"; use {{x}}, !{{x}}, {{x}} == value or {{x}} != value",
                "! line 6: step b: its condition asks for c, which is no variable",
            ],
        ),
        (
            "formula = \"x\"\n[vars.a]\npattern = \"(\"\n[vars.b]\nenum = [\"1\"]\ndefault = \"2\"\nrequired = true\n[[steps]]\nid = \"a\"\ntitle = \"a\"",
            vec![
                "! line 2: the pattern of the variable a can't be read: unclosed group",
                "! line 4: the default of the variable b is none of its values: \"2\" is not one of 1",
                "line 4: the variable b is required, but has a default",
            ],
        ),
        (
            "formula = \"x\"\nfromula = 1\nphase = \"vapor\"\nexecution = \"local\"\n[vars.a]\ndefualt = \"1\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nneds = [\"b\"]\nzebra = 1\nparallel = true",
            vec![
                "line 2: unknown key fromula in the file; did you mean formula?",
                "line 6: unknown key defualt in vars.a; did you mean default?",
                "line 10: step a: unknown key neds; did you mean needs?",
                "line 11: step a: unknown key zebra",
            ],
        ),
        (
            "formula = \"x\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nloop = { count = 3 }\n[compose]\nbond_points = []",
            vec![
                "! line 5: step a: loop is not carried out here",
                "line 6: compose is not carried out here",
            ],
        ),
        (
            "formula = \"x\"\ntype = \"expansion\"\n[[template]]\nid = \"a\"",
            vec!["a formula of type expansion isn't poured; only a workflow is"],
        ),
    ] {
        let formula = parse(text);
        let told = told(&formula);
        let sorted = |told: &[String]| {
            let mut told = told.to_vec();
            told.sort();
            told
        };
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(sorted(&told), sorted(&expected), "{text}");
        let broken =
            told.iter().any(|told| told.starts_with('!')) || formula.kind != Kind::Workflow;
        assert_eq!(formula.pour(&BTreeMap::new()).is_err(), broken, "{text}");
    }
}

#[test]
fn files_that_cannot_be_read_are_told_with_line_and_step() {
    for (file, text, expected) in [
        (
            "x.formula.toml",
            "formula = \"x\"\nsteps = 1",
            "f/x.formula.toml, line 2: steps is not a list",
        ),
        ("x.formula.toml", "a = \n", "f/x.formula.toml, line 1: "),
        ("x.formula.toml", "a = 1\na = 2", "f/x.formula.toml, line 2: "),
        (
            "x.formula.toml",
            "[[steps]]\nid = \"a\"\ntitle = \"a\"\n\n[[steps]]\ntitle = \"b\"",
            "f/x.formula.toml, line 5: step number 2 has no id",
        ),
        (
            "x.formula.toml",
            "[[steps]]\nid = \"a\"\ntitle = 1",
            "f/x.formula.toml, line 3: step a: title is not a text",
        ),
        (
            "x.formula.toml",
            "[[steps]]\nid = \"a\"\ntitle = \"a\"\nneeds = [\"b\", 1]",
            "f/x.formula.toml, line 4: step a: needs is not a list of texts",
        ),
        (
            "x.formula.toml",
            "[[steps]]\nid = \"a\"\ntitle = \"a\"\npriority = 7",
            "f/x.formula.toml, line 1: step a: priority is 7, and goes from 0 (urgent) to 4",
        ),
        (
            "x.formula.toml",
            "[vars.a-b]\n",
            "f/x.formula.toml, line 1: \"a-b\" can't be a variable: ",
        ),
        (
            "x.formula.toml",
            "[vars.a]\nrequired = \"yes\"",
            "f/x.formula.toml, line 2: required is not true or false",
        ),
        ("x.formula.json", "{\n\"steps\":[}", "f/x.formula.json, line 2: "),
        ("x.formula.json", "[]", "f/x.formula.json: the file is not a table"),
        (
            "x.formula.json",
            "{\"steps\":[{\"id\":\"a\",\"title\":[]}]}",
            "f/x.formula.json: step a: title is not a text",
        ),
    ] {
        let error = Formula::parse(&Path::new("f").join(file), text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n{error}\n{expected}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn those_it_comes_with_can_be_poured() {
    for (name, text) in BUILT_IN {
        let file = format!("{name}.formula.toml");
        let formula = Formula::parse(Path::new(&file), text).unwrap();
        assert_eq!(told(&formula), [""; 0], "{name}");
        assert_eq!(formula.name, *name);
        assert_eq!(formula.vapor, name.ends_with("-patrol"));
        let given = if formula.vapor { vars(&[]) } else { vars(&[("issue", "gt-1")]) };
        let poured = formula.pour(&given).unwrap();
        assert!(poured.steps.len() >= 5, "{name}");
        assert!(poured.steps.iter().any(|step| step.description.contains("`tow ")));
    }
}

#[test]
fn formulas_are_found_by_their_folders() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let step = "[[steps]]\nid = \"a\"\ntitle = \"a\"\n";
    let own = |description: &str| format!("description = {description:?}\n{step}");
    for (file, text) in [
        ("p/formulas/one.formula.toml", own("project")),
        ("p/formulas/one.formula.json", "{}".into()),
        (
            "p/formulas/json.formula.json",
            r#"{"description":"json","steps":[{"id":"a","title":"a"}]}"#.into(),
        ),
        ("p/formulas/broken.formula.toml", "[".into()),
        ("p/formulas/.hidden.formula.toml", own("hidden")),
        ("p/formulas/notes.txt", "".into()),
        ("u/one.formula.toml", own("user")),
        ("u/two.formula.toml", own("user")),
        ("t/formulas/two.formula.toml", own("town")),
        ("t/formulas/three.formula.toml", own("town")),
        ("t/formulas/mol-polecat-work.formula.toml", own("town")),
    ] {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let formulas = Formulas::new(
        Some(&root.join("p")),
        [root.join("u"), root.join("none")],
        Some(&root.join("t")),
    );
    for (name, source, description) in [
        ("one", Source::Project, "project"),
        ("json", Source::Project, "json"),
        ("two", Source::User, "user"),
        ("three", Source::Town, "town"),
        ("mol-polecat-work", Source::Town, "town"),
    ] {
        let found = formulas.find(name).unwrap();
        assert_eq!((found.source, found.formula.description.as_str()), (source, description));
    }
    assert_eq!(formulas.find("mol-witness-patrol").unwrap().source, Source::BuiltIn);
    for (name, error) in [
        ("thre", "there is no formula thre; did you mean three?"),
        (
            "mol-deacon-partol",
            "there is no formula mol-deacon-partol; did you mean mol-deacon-patrol?",
        ),
        ("nothing-like-it", "there is no formula nothing-like-it"),
        ("../one", "\"../one\" can't be the name of a formula"),
        ("", "\"\" can't be the name of a formula"),
    ] {
        assert_eq!(formulas.find(name).unwrap_err().to_string(), error);
    }
    let broken = formulas.find("broken").unwrap_err().to_string();
    assert!(broken.contains("p/formulas/broken.formula.toml, line 1: "), "{broken}");

    let listed = formulas.list();
    let names: Vec<(&str, Source, usize, bool)> = listed
        .iter()
        .map(|one| (one.name.as_str(), one.source, one.shadowed.len(), one.formula.is_ok()))
        .collect();
    assert_eq!(
        names,
        [
            ("broken", Source::Project, 0, false),
            ("json", Source::Project, 0, true),
            ("mol-deacon-patrol", Source::BuiltIn, 0, true),
            ("mol-polecat-work", Source::Town, 1, true),
            ("mol-refinery-patrol", Source::BuiltIn, 0, true),
            ("mol-witness-patrol", Source::BuiltIn, 0, true),
            ("one", Source::Project, 2, true),
            ("three", Source::Town, 0, true),
            ("two", Source::User, 1, true),
        ]
    );
}

#[test]
fn formulas_extend_others() {
    let folder = tempfile::tempdir().unwrap();
    let formulas = folder.path().join("formulas");
    fs::create_dir(&formulas).unwrap();
    for (name, text) in [
        (
            "base",
            "description = \"Base\"\n[vars.x]\ndefault = \"base\"\n[vars.y]\ndefault = \"base\"\n\
             [[steps]]\nid = \"a\"\ntitle = \"a {{x}}\"\n[[steps]]\nid = \"b\"\ntitle = \"b {{y}}\"\nneeds = [\"a\"]\n\
             [[steps.children]]\nid = \"b1\"\ntitle = \"b1\"",
        ),
        ("more", "extends = \"base\"\n[[steps]]\nid = \"m\"\ntitle = \"m\"\nneeds = [\"b1\"]"),
        (
            "top",
            "extends = [\"more\"]\n[vars.y]\ndefault = \"top\"\n[[steps]]\nid = \"a\"\ntitle = \"own {{x}}\"\n\
             [[steps]]\nid = \"z\"\ntitle = \"z\"\nneeds = [\"m\"]\n[[steps.children]]\nid = \"z1\"\ntitle = \"z1\"",
        ),
        ("ring", "extends = [\"ring2\"]"),
        ("ring2", "extends = [\"ring\"]"),
        ("lost", "extends = [\"nowhere\"]"),
    ] {
        fs::write(formulas.join(format!("{name}.formula.toml")), text).unwrap();
    }
    let formulas = Formulas::new(Some(folder.path()), [], None);
    let found = formulas.find("top").unwrap().formula;
    assert_eq!(found.description, "Base");
    let poured = found.pour(&vars(&[])).unwrap();
    let steps: Vec<(&str, Option<&str>)> =
        poured.steps.iter().map(|step| (step.title.as_str(), step.parent.as_deref())).collect();
    assert_eq!(
        steps,
        [
            ("own base", None),
            ("b top", None),
            ("b1", Some("b")),
            ("m", None),
            ("z", None),
            ("z1", Some("z")),
        ]
    );
    for (name, error) in [
        ("ring", "formulas extend each other: ring extends ring2 extends ring"),
        ("lost", "the formula lost extends nowhere: there is no formula nowhere"),
    ] {
        assert_eq!(formulas.find(name).unwrap_err().to_string(), error);
    }
}

proptest! {
    #[test]
    fn the_order_is_kept(edges in proptest::collection::vec((0usize..8, 0usize..8), 0..14), out in 0u8..=255) {
        let text: String = (0..8).map(|step| {
            let needs: Vec<String> = edges
                .iter()
                .filter(|(to, _)| *to == step)
                .map(|(_, from)| format!("\"s{from}\""))
                .collect();
            let condition = if out & (1 << step) != 0 { "condition = \"{{never}}\"\n" } else { "" };
            format!("[[steps]]\nid = \"s{step}\"\ntitle = \"t\"\n{condition}needs = [{}]\n", needs.join(", "))
        }).collect();
        let formula = parse(&format!("formula = \"x\"\n[vars.never]\n{text}"));
        match formula.pour(&BTreeMap::new()) {
            Ok(poured) => {
                for (place, step) in poured.steps.iter().enumerate() {
                    for need in &step.needs {
                        let before = poured.steps[..place].iter().any(|other| other.id == *need);
                        prop_assert!(before, "{} {}", step.id, need);
                    }
                }
                prop_assert_eq!(poured.steps.len() as u32, out.count_zeros());
            }
            Err(error) => prop_assert!(error.to_string().contains("wait for each other"), "{}", error),
        }
    }

    #[test]
    fn no_text_makes_it_fail(text in "([a-z]{1,3} = |\\[\\[steps\\]\\]\n|id = \"a\"\n|needs = \\[\"a\"\\]\n|\\{|\\}|\"|\n|\\[vars.x\\]\n|ä|[ -~]){0,20}") {
        for file in ["x.formula.toml", "x.formula.json"] {
            if let Ok(formula) = Formula::parse(Path::new(file), &text) {
                let _ = formula.check();
                let _ = formula.pour(&BTreeMap::new());
            }
        }
    }
}
