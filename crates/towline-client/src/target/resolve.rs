//! Which pane a target means.

use std::collections::HashMap;

use super::{Form, ResolveError, Target};
use crate::config::nearest::distance;

/// What is known of a pane when targets are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The pane's id.
    pub id: u64,
    /// Its name, which is its window's too.
    pub name: &'a str,
    /// Its session.
    pub session: &'a str,
    /// The window's number in the session.
    pub window: u32,
    /// The pane's number in the window.
    pub pane: u32,
    /// Its program has ended.
    pub ended: bool,
}

/// What a verb lets a target mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// A unique beginning of a name will do.
    pub allow_prefix: bool,
    /// Panes that have ended may be meant, where no living one is.
    pub allow_ended: bool,
}

/// How many names an error suggests.
const SUGGESTIONS: usize = 3;

/// The pane that the target means.
///
/// A name comes before a window, a window before a session (which means its only pane); an exact match comes
/// before a beginning, and a living pane before an ended one.
///
/// # Errors
/// [`ResolveError`], with forms or names that would do.
pub fn resolve(
    panes: &[Candidate<'_>],
    target: &Target,
    rules: Rules,
) -> Result<u64, ResolveError> {
    // All exact stages, living and ended, come before the first beginning.
    let (exact, prefix): (&[Stage], &[Stage]) = match target.form {
        Form::Id(id) => (&[Stage::Id(id)], &[]),
        Form::Exact => (&[Stage::Name], &[]),
        Form::Here | Form::Plain if rules.allow_prefix => {
            (Stage::EXACT, &[Stage::NameBegins, Stage::SessionBegins])
        }
        Form::Here | Form::Plain => (Stage::EXACT, &[]),
    };
    let takes = |stage: Stage, pane: &Candidate<'_>| stage.takes(pane, &target.text);
    for stages in [exact, prefix] {
        for ended in [false, true].into_iter().filter(|ended| !ended || rules.allow_ended) {
            for stage in stages {
                let found: Vec<_> = panes
                    .iter()
                    .filter(|pane| pane.ended == ended && takes(*stage, pane))
                    .collect();
                match found.as_slice() {
                    [] => {}
                    [pane] => return Ok(pane.id),
                    many => return Err(ambiguous(panes, target, many)),
                }
            }
        }
    }
    let is_ended =
        |pane: &Candidate<'_>| pane.ended && exact.iter().any(|stage| takes(*stage, pane));
    if panes.iter().any(is_ended) {
        return Err(ResolveError::Ended { target: target.text.clone() });
    }
    match target.possible_host() {
        Some(host) if !panes.iter().any(|pane| pane.session == host) => {
            Err(ResolveError::UnknownHost { host: host.to_owned() })
        }
        _ => Err(ResolveError::NotFound {
            target: target.text.clone(),
            nearest: nearest(panes, &target.text, rules),
        }),
    }
}

/// One way for a text to mean a pane.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Id(u64),
    Name,
    Place,
    Session,
    NameBegins,
    SessionBegins,
}

impl Stage {
    /// The ways of a whole text, in their order.
    const EXACT: &[Self] = &[Self::Name, Self::Place, Self::Session];

    fn takes(self, pane: &Candidate<'_>, text: &str) -> bool {
        match self {
            Self::Id(id) => pane.id == id,
            Self::Name => pane.name == text,
            Self::Place => is_at(pane, text),
            Self::Session => pane.session == text.strip_suffix(':').unwrap_or(text),
            Self::NameBegins => pane.name.starts_with(text),
            Self::SessionBegins => pane.session.starts_with(text),
        }
    }
}

/// `session:window`, `session:window.pane` or `window.pane`; a window is its number or its name.
fn is_at(pane: &Candidate<'_>, text: &str) -> bool {
    let is_window = |window: &str| window == pane.name || number(window) == Some(pane.window);
    let is_pane = |place: &str| {
        let parts = place.rsplit_once('.').map(|(window, index)| (window, number(index)));
        matches!(parts, Some((window, Some(index))) if index == pane.pane && is_window(window))
    };
    match text.split_once(':') {
        Some((session, place)) => session == pane.session && (is_window(place) || is_pane(place)),
        // A number alone is no window: windows are numbered in each session.
        None => text
            .rsplit_once('.')
            .is_some_and(|(window, index)| window == pane.name && number(index) == Some(pane.pane)),
    }
}

/// A number as people write it: `+3` and `03` are names.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn ambiguous(panes: &[Candidate<'_>], target: &Target, found: &[&Candidate<'_>]) -> ResolveError {
    let all = forms(panes);
    let form_of = |pane: &&Candidate<'_>| {
        let form = all.get(&pane.id).cloned();
        form.unwrap_or_else(|| format!("%{}", pane.id))
    };
    let forms = found.iter().map(form_of).collect();
    ResolveError::Ambiguous { target: target.text.clone(), forms }
}

/// For each pane, by id, the shortest form that means it alone: its name, its place, or its id.
pub fn forms(panes: &[Candidate<'_>]) -> HashMap<u64, String> {
    let mut names: HashMap<(&str, bool), u32> = HashMap::new();
    let mut places: HashMap<(&str, u32, u32), u32> = HashMap::new();
    for pane in panes {
        *names.entry((pane.name, pane.ended)).or_default() += 1;
        if !pane.ended {
            *places.entry((pane.session, pane.window, pane.pane)).or_default() += 1;
        }
    }
    let form = |pane: &Candidate<'_>| {
        let alone = names.get(&(pane.name, pane.ended)) == Some(&1);
        // A living pane takes its name from those that ended before it.
        if alone && (!pane.ended || !names.contains_key(&(pane.name, false))) {
            return name_form(pane.name);
        }
        let place = format!("{}:{}.{}", pane.session, pane.window, pane.pane);
        let is_only_place = places.get(&(pane.session, pane.window, pane.pane)) == Some(&1);
        let is_a_name = [false, true].iter().any(|e| names.contains_key(&(place.as_str(), *e)));
        let is_plain = Target::parse(&place).is_ok_and(|target| target.form == Form::Plain);
        if !pane.ended && is_only_place && !is_a_name && is_plain && !pane.session.contains(':') {
            return place;
        }
        format!("%{}", pane.id)
    };
    panes.iter().map(|pane| (pane.id, form(pane))).collect()
}

/// The names that were probably meant: those that contain the text, and those spelt nearly so.
fn nearest(panes: &[Candidate<'_>], text: &str, rules: Rules) -> Vec<String> {
    let wanted = text.to_lowercase();
    // Two: letters swapped count as two changes.
    let near = (wanted.chars().count() / 3).max(usize::from(wanted.len() > 3) + 1);
    let rank = |pane: &Candidate<'_>| {
        let name = pane.name.to_lowercase();
        let contains = name.contains(&wanted) || (!name.is_empty() && wanted.contains(&name));
        let distance = distance(&wanted, &name);
        (contains || distance <= near).then(|| (distance, pane.name.to_owned()))
    };
    let usable = panes.iter().filter(|pane| rules.allow_ended || !pane.ended);
    let mut ranked: Vec<_> = usable.filter_map(rank).collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().take(SUGGESTIONS).map(|(_, name)| name).collect()
}

/// The form that means a pane of this name, where no other has it: the name, or `=name` where the name looks
/// like something else.
pub fn name_form(name: &str) -> String {
    let plain = Target::parse(name).is_ok_and(|target| target.form == Form::Plain);
    if plain { name.to_owned() } else { format!("={name}") }
}
