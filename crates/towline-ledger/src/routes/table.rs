//! The routes of a town: `.beads/routes.jsonl`, a line for each prefix of ids.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{BEADS, RouteError, follow, without_dots};
use crate::words::io_error;

/// The file with the routes, in the town's `.beads`.
const FILE: &str = "routes.jsonl";

/// Where the issues with a prefix are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The prefix, with the hyphen at its end.
    pub prefix: String,
    /// The folder that has the ledger's `.beads`, seen from the town's root; `.` is the town itself.
    pub path: String,
    /// The line it stands in, from 1.
    line: usize,
}

impl Route {
    /// The rig it leads to, where it leads to one.
    pub fn rig(&self) -> Option<&str> {
        self.path.split('/').find(|part| !part.is_empty() && *part != ".")
    }
}

/// A line as it is written.
#[derive(Serialize, Deserialize)]
struct Line {
    prefix: String,
    path: String,
}

/// The routes of a town.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    town: PathBuf,
    file: PathBuf,
    routes: Vec<Route>,
    problems: Vec<RouteError>,
}

impl Routes {
    /// Reads the routes of the town at this folder. Without a file there are none.
    ///
    /// # Errors
    ///
    /// Where the file is there but can't be read. Lines that are broken are among the [problems](Self::problems).
    pub fn read(town: &Path) -> Result<Self, RouteError> {
        let file = town.join(BEADS).join(FILE);
        match fs::read(&file) {
            Ok(bytes) => Ok(Self::parse(town, &String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::parse(town, "")),
            Err(error) => Err(RouteError::File { file, problem: io_error(&error) }),
        }
    }

    /// The routes in a file's text, of the town at this folder.
    pub fn parse(town: &Path, text: &str) -> Self {
        let file = town.join(BEADS).join(FILE);
        let mut routes: Vec<Route> = Vec::new();
        let mut problems = Vec::new();
        for (line, text) in numbered(text) {
            let mut fail = |problem| {
                problems.push(RouteError::Line { file: file.clone(), line, problem });
            };
            match route_of(line, text) {
                Ok(route) => match routes.iter().find(|other| other.prefix == route.prefix) {
                    Some(first) if first.path == route.path => {}
                    Some(first) => fail(format!(
                        "{} has a route already, in line {}, which counts",
                        route.prefix, first.line
                    )),
                    None => routes.push(route),
                },
                Err(problem) => fail(problem),
            }
        }
        Self { town: town.to_owned(), file, routes, problems }
    }

    /// All of them, as they stand in the file.
    pub fn all(&self) -> &[Route] {
        &self.routes
    }

    /// The lines that are no routes, or routes that don't count.
    pub fn problems(&self) -> &[RouteError] {
        &self.problems
    }

    /// The route for an id: of several the one with the longest prefix.
    pub fn route(&self, id: &str) -> Option<&Route> {
        self.routes
            .iter()
            .filter(|route| id.starts_with(&route.prefix) && id.len() > route.prefix.len())
            .max_by_key(|route| route.prefix.len())
    }

    /// The route to a rig, and so its prefix.
    pub fn of_rig(&self, rig: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.rig() == Some(rig))
    }

    /// The folder of the ledger that holds an id, following redirects; `None` where no route has its prefix.
    ///
    /// # Errors
    ///
    /// Where the route leads out of the town or to no ledger, or a redirect there leads nowhere.
    pub fn ledger_of(&self, id: &str) -> Result<Option<PathBuf>, RouteError> {
        self.route(id).map(|route| self.ledger_at(route)).transpose()
    }

    /// The folder of the ledger that a route leads to, following redirects.
    ///
    /// # Errors
    ///
    /// As [`Self::ledger_of`].
    pub fn ledger_at(&self, route: &Route) -> Result<PathBuf, RouteError> {
        let (file, line, prefix) = (self.file.clone(), route.line, route.prefix.clone());
        let town = without_dots(&self.town);
        let folder = without_dots(&town.join(&route.path));
        if !folder.starts_with(&town) {
            return Err(RouteError::Outside { file, line, prefix, path: route.path.clone() });
        }
        let target = folder.join(BEADS);
        if !target.is_dir() {
            return Err(RouteError::Missing { file, line, prefix, target });
        }
        follow(&target)
    }
}

/// The text of a file of routes with this one: in place of the prefix's own, or at the end. Other lines stay as they are.
pub fn routes_with(text: &str, prefix: &str, path: &str) -> String {
    let prefix = with_hyphen(prefix);
    let line = Line { prefix: prefix.clone(), path: path.to_owned() };
    // Two texts can always be written.
    let line = serde_json::to_string(&line).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    let own: Vec<usize> = lines_of(text, |route| route.prefix == prefix);
    match own.first() {
        Some(first) => lines[*first] = &line,
        None => lines.push(&line),
    }
    let kept =
        lines.iter().enumerate().filter(|(index, _)| !own.iter().skip(1).any(|at| at == index));
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

/// The text of a file of routes without those that lead to a rig.
pub fn routes_without(text: &str, rig: &str) -> String {
    let gone = lines_of(text, |route| route.rig() == Some(rig));
    let kept = text.lines().enumerate().filter(|(index, _)| !gone.contains(index));
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

/// Which lines, counted from 0, are such routes.
fn lines_of(text: &str, is_one: impl Fn(&Route) -> bool) -> Vec<usize> {
    numbered(text)
        .filter(|(line, text)| route_of(*line, text).is_ok_and(|route| is_one(&route)))
        .map(|(line, _)| line - 1)
        .collect()
}

/// The lines that are neither empty nor a comment, with their numbers from 1.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn route_of(line: usize, text: &str) -> Result<Route, String> {
    let read: Line = serde_json::from_str(text).map_err(|error| {
        // It counts lines from the beginning of the text it was given, which is one line.
        let error = error.to_string();
        error.split(" at line ").next().unwrap_or_default().to_owned()
    })?;
    let (prefix, path) = (read.prefix.trim(), read.path.trim());
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => Err("the prefix is empty".into()),
        (_, true) => Err("the path is empty".into()),
        _ => Ok(Route { prefix: with_hyphen(prefix), path: path.to_owned(), line }),
    }
}

fn with_hyphen(prefix: &str) -> String {
    if prefix.ends_with('-') { prefix.to_owned() } else { format!("{prefix}-") }
}
