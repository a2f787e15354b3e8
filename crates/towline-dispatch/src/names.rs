//! Names for workers that nobody has named.

/// The names, in the order they are given out. The first are those that Gas Town gives; none of them means anything else as an
/// identity, a folder or a branch.
const NAMES: [&str; 60] = [
    "Toast",
    "Nux",
    "Furiosa",
    "Slit",
    "Rictus",
    "Capable",
    "Dag",
    "Cheedo",
    "Valkyrie",
    "Keeper",
    "Morsov",
    "Ace",
    "Organic",
    "Coma",
    "Splendid",
    "Angharad",
    "Max",
    "Goose",
    "Nightrider",
    "Glory",
    "Scrotus",
    "Corpus",
    "Dinki",
    "Vuvalini",
    "Buzzard",
    "Citadel",
    "Interceptor",
    "Chrome",
    "Shiny",
    "Guzzoline",
    "Amber",
    "Basalt",
    "Cobalt",
    "Dune",
    "Ember",
    "Flint",
    "Garnet",
    "Hazel",
    "Indigo",
    "Jasper",
    "Kestrel",
    "Lark",
    "Maple",
    "Nettle",
    "Onyx",
    "Pepper",
    "Quartz",
    "Rowan",
    "Sable",
    "Thistle",
    "Umber",
    "Vesper",
    "Willow",
    "Yarrow",
    "Zephyr",
    "Birch",
    "Clover",
    "Falcon",
    "Heron",
    "Juniper",
];

/// The first name that nobody has, in whatever case; when all are given out, one with a number.
pub fn free(taken: &[String]) -> String {
    let is_free = |name: &String| !taken.iter().any(|one| one.eq_ignore_ascii_case(name));
    let plain = NAMES.iter().map(|name| (*name).to_owned());
    let numbered =
        (2..).flat_map(|number| NAMES.iter().map(move |name| format!("{name}-{number}")));
    // The numbers have no end.
    plain.chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_ledger::place::check_worker_name;

    #[test]
    fn names_are_given_out_in_turn() {
        let taken =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(free(&[]), "Toast");
        assert_eq!(free(&taken(&["toast", "Furiosa"])), "Nux");
        assert_eq!(free(&taken(&NAMES)), "Toast-2");
        for name in NAMES {
            check_worker_name(name).unwrap();
        }
    }
}
