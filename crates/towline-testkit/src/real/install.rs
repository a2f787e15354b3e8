//! Installing the agents' packages, once for all tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::FlockOperation;

use super::Agent;

/// The packages and their versions.
const PACKAGES: &str = include_str!("package.json");

/// Names a folder of packages that is used as it is, where it is set: for a machine without npm's registry.
const GIVEN: &str = "TOWLINE_TEST_AGENTS";

/// The installed packages.
#[derive(Debug, Clone)]
pub struct Installed {
    modules: PathBuf,
}

impl Installed {
    /// An agent's program.
    pub fn program(&self, agent: &dyn Agent) -> PathBuf {
        self.modules.join(agent.program())
    }
}

/// The version of an agent's package that tests are run with.
///
/// # Panics
/// Where `package.json` has none for it.
pub fn version(agent: &dyn Agent) -> String {
    let packages: serde_json::Value = serde_json::from_str(PACKAGES).expect("package.json is JSON");
    let version =
        packages["dependencies"][agent.package()].as_str().expect("each package has a version");
    // `npm:@openai/codex@0.169.0-linux-x64`: a package under another name, its version after the last `@`.
    let version = version.rsplit('@').next().unwrap_or(version);
    version.split("-linux").next().unwrap_or(version).to_owned()
}

/// Installs the packages below a folder that outlives the tests (cargo's for temporary files), or finds them there. Several processes
/// may ask at a time: one installs, the others wait for it.
///
/// # Errors
/// Why the tests with real agents must be passed over on this machine.
pub fn install(below: &Path) -> Result<Installed, String> {
    if let Some(given) = std::env::var_os(GIVEN) {
        return Ok(Installed { modules: given.into() });
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err("the packages are for Linux on x86-64".into());
    }
    let says = |what: &str, error: std::io::Error| format!("{what}: {error}");
    fs::create_dir_all(below).map_err(|error| says("the cache folder", error))?;
    let lock = File::create(below.join("agents.lock")).map_err(|error| says("its lock", error))?;
    rustix::fs::flock(&lock, FlockOperation::LockExclusive)
        .map_err(|error| says("its lock", error.into()))?;
    let folder = below.join("agents");
    let installed = Installed { modules: folder.join("node_modules") };
    // The stamp is the list of packages itself: written last, in a folder that comes to its place as a whole.
    if fs::read_to_string(folder.join("installed.json")).is_ok_and(|stamp| stamp == PACKAGES) {
        return Ok(installed);
    }
    let fresh = below.join("agents.new");
    for old in [&fresh, &folder] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(|error| says("what was installed before", error))?;
        }
    }
    fs::create_dir_all(&fresh).map_err(|error| says("the cache folder", error))?;
    fs::write(fresh.join("package.json"), PACKAGES).map_err(|error| says("package.json", error))?;
    npm(&fresh)?;
    fs::write(fresh.join("installed.json"), PACKAGES).map_err(|error| says("the stamp", error))?;
    fs::rename(&fresh, &folder).map_err(|error| says("the cache folder", error))?;
    Ok(installed)
}

/// No scripts of packages are run, and no lock file is written: it would name the machine's registry.
fn npm(folder: &Path) -> Result<(), String> {
    let output = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"])
        .args(["--no-update-notifier", "--loglevel=error"])
        .current_dir(folder)
        .output()
        .map_err(|error| format!("npm can't be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("npm could not install them: {}", said.lines().next().unwrap_or("it says nothing")))
}

#[cfg(test)]
mod tests {
    use super::super::AGENTS;
    use super::*;

    #[test]
    fn each_agent_has_a_version() {
        for agent in AGENTS {
            let version = version(*agent);
            assert!(version.split('.').count() == 3, "{}: {version}", agent.kind());
        }
    }
}
