//! The formulas that Towline comes with. A file of the same name, wherever formulas are looked for, takes a built-in one's place.

/// Their names and texts.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("mol-polecat-work", include_str!("built_in/mol-polecat-work.formula.toml")),
    ("mol-witness-patrol", include_str!("built_in/mol-witness-patrol.formula.toml")),
    ("mol-refinery-patrol", include_str!("built_in/mol-refinery-patrol.formula.toml")),
    ("mol-deacon-patrol", include_str!("built_in/mol-deacon-patrol.formula.toml")),
];
