//! Which pane a target means.

use std::collections::{HashMap, HashSet};

use towline_protocol::v1;

use super::{Form, LOCAL_HOST, ResolveError, TMUX_ID, Target, id_text};
use crate::config::nearest::distance;

/// What is known of a pane when targets are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The alias of its host; [`LOCAL_HOST`] for this one.
    pub host: &'a str,
    /// The pane's id, which no other pane has on its host.
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

impl<'a> Candidate<'a> {
    /// A pane as the protocol describes it, on the host with this alias.
    pub fn of(host: &'a str, pane: &'a v1::Pane) -> Self {
        Self {
            host,
            id: pane.id,
            name: &pane.name,
            session: &pane.session,
            window: pane.window,
            pane: pane.pane,
            ended: pane.exit.is_some(),
        }
    }
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
/// before a beginning, and a living pane before an ended one. An id without a host is one of this host's. Hosts are
/// otherwise equal: that one can't be reached just now does not change what a name means.
///
/// # Errors
/// [`ResolveError`], with forms or names that would do.
pub fn resolve(
    panes: &[Candidate<'_>],
    target: &Target,
    rules: Rules,
    is_host: &dyn Fn(&str) -> bool,
) -> Result<usize, ResolveError> {
    // All exact stages, living and ended, come before the first beginning.
    let (exact, prefix): (&[Stage], &[Stage]) = match target.form {
        Form::Id(id) => (&[Stage::Id(id), Stage::TmuxId(id)], &[]),
        Form::Exact => (&[Stage::Name], &[]),
        Form::Plain if rules.allow_prefix => {
            (Stage::EXACT, &[Stage::NameBegins, Stage::SessionBegins])
        }
        Form::Plain => (Stage::EXACT, &[]),
    };
    let on_host = |pane: &Candidate<'_>| match (target.host(), target.form) {
        (Some(host), _) => pane.host == host,
        (None, Form::Id(_)) => pane.host == LOCAL_HOST,
        (None, _) => true,
    };
    let takes =
        |stage: Stage, pane: &Candidate<'_>| on_host(pane) && stage.takes(pane, &target.text);
    for stages in [exact, prefix] {
        for ended in [false, true].into_iter().filter(|ended| !ended || rules.allow_ended) {
            for stage in stages {
                let means = |pane: &Candidate<'_>| pane.ended == ended && takes(*stage, pane);
                let found: Vec<usize> =
                    (0..panes.len()).filter(|index| means(&panes[*index])).collect();
                match found.as_slice() {
                    [] => {}
                    [index] => return Ok(*index),
                    many => return Err(ambiguous(panes, target, many, is_host)),
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
            nearest: nearest(panes, target, rules, is_host),
        }),
    }
}

/// One way for a text to mean a pane.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Id(u64),
    TmuxId(u64),
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
            Self::TmuxId(id) => pane.id.checked_sub(TMUX_ID) == Some(id),
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

fn ambiguous(
    panes: &[Candidate<'_>],
    target: &Target,
    found: &[usize],
    is_host: &dyn Fn(&str) -> bool,
) -> ResolveError {
    let mut forms = forms(panes, is_host);
    let forms = found.iter().map(|index| std::mem::take(&mut forms[*index])).collect();
    ResolveError::Ambiguous { target: target.rest().to_owned(), forms }
}

/// For each pane the shortest form that means it alone: its name, its place, or its id; with the host in front for those of
/// other hosts, and for one here that another host has too.
pub fn forms(panes: &[Candidate<'_>], is_host: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut names: HashMap<(&str, &str, bool), u32> = HashMap::new();
    let mut places: HashMap<(&str, &str, u32, u32), u32> = HashMap::new();
    // What a plain text may mean on other hosts.
    let mut elsewhere: HashMap<&str, u32> = HashMap::new();
    for pane in panes {
        *names.entry((pane.host, pane.name, pane.ended)).or_default() += 1;
        if !pane.ended {
            *places.entry((pane.host, pane.session, pane.window, pane.pane)).or_default() += 1;
        }
        if pane.host != LOCAL_HOST {
            *elsewhere.entry(pane.name).or_default() += 1;
        }
    }
    let ids: HashSet<(&str, u64)> = panes.iter().map(|pane| (pane.host, pane.id)).collect();
    let id_form = |pane: &Candidate<'_>| match pane.id.checked_sub(TMUX_ID) {
        // As tmux has it, where that doesn't mean a pane of Towline's.
        Some(id) if !ids.contains(&(pane.host, id)) => id_text(pane.id),
        _ => format!("%{}", pane.id),
    };
    let on_host = |pane: &Candidate<'_>| {
        let alone = names.get(&(pane.host, pane.name, pane.ended)) == Some(&1);
        // A living pane takes its name from those that ended before it.
        if alone && (!pane.ended || !names.contains_key(&(pane.host, pane.name, false))) {
            return name_form(pane.name, is_host);
        }
        let place = format!("{}:{}.{}", pane.session, pane.window, pane.pane);
        let is_only_place =
            places.get(&(pane.host, pane.session, pane.window, pane.pane)) == Some(&1);
        let is_a_name = [false, true]
            .iter()
            .any(|ended| names.contains_key(&(pane.host, place.as_str(), *ended)));
        if !pane.ended
            && is_only_place
            && !is_a_name
            && is_plain(&place, is_host)
            && !pane.session.contains(':')
        {
            return place;
        }
        id_form(pane)
    };
    let form = |pane: &Candidate<'_>| {
        let form = on_host(pane);
        if pane.host != LOCAL_HOST {
            return format!("{}:{form}", pane.host);
        }
        let unsure = !form.starts_with('%')
            && (elsewhere.contains_key(pane.name) || elsewhere.contains_key(form.as_str()));
        if unsure { format!("{LOCAL_HOST}:{form}") } else { form }
    };
    panes.iter().map(form).collect()
}

/// The names that were probably meant: those that contain the text, and those spelt nearly so.
fn nearest(
    panes: &[Candidate<'_>],
    target: &Target,
    rules: Rules,
    is_host: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let wanted = target.text.to_lowercase();
    // Two: letters swapped count as two changes.
    let near = (wanted.chars().count() / 3).max(usize::from(wanted.len() > 3) + 1);
    let forms = forms(panes, is_host);
    let rank = |(pane, form): (&Candidate<'_>, &String)| {
        let name = pane.name.to_lowercase();
        let contains = name.contains(&wanted) || (!name.is_empty() && wanted.contains(&name));
        let distance = distance(&wanted, &name);
        (contains || distance <= near).then(|| (distance, form.clone()))
    };
    let mut ranked: Vec<_> = panes
        .iter()
        .zip(&forms)
        .filter(|(pane, _)| rules.allow_ended || !pane.ended)
        .filter(|(pane, _)| target.host().is_none_or(|host| pane.host == host))
        .filter_map(rank)
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().take(SUGGESTIONS).map(|(_, form)| form).collect()
}

/// The form that means a pane of this name on its own host, where no other has it: the name, or `=name` where the name
/// looks like something else.
pub fn name_form(name: &str, is_host: &dyn Fn(&str) -> bool) -> String {
    if is_plain(name, is_host) { name.to_owned() } else { format!("={name}") }
}

/// Whether a text is taken as it stands.
fn is_plain(text: &str, is_host: &dyn Fn(&str) -> bool) -> bool {
    Target::parse(text, is_host)
        .is_ok_and(|target| target.form == Form::Plain && target.host.is_none())
}
