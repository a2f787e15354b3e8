//! Which programs a host has: folders of links, so that a host can be without some that this machine has.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What every host has, where this machine does. A list, as links to all of `/usr/bin` would take a second on some
/// file systems. Left out on purpose is what Towline tells hosts apart by: itself, tmux, mosh, agents.
const USUAL: &str = "
    sh dash bash zsh fish tcsh csh
    [ awk base64 basename cat chgrp chmod chown cksum cmp cp cut date dd df diff dirname du echo env expr false find
    grep egrep fgrep gzip gunzip head hostname id install kill ln locale ls mkdir mkfifo mktemp mv nice nohup nproc od
    printenv printf pwd readlink realpath rm rmdir sed seq sha256sum sleep sort split stat stdbuf stty sync tail tar
    tee test timeout touch tr true tty uname uniq wc who whoami xargs yes
    flock free getconf getent infocmp less more pgrep pkill prlimit ps pstree script setpriv setsid tput uptime vi
    which loginctl systemctl systemd-run git ssh perl python3
";

/// A program of this machine, also where it is an administrator's.
///
/// # Panics
/// Where there is none.
pub(crate) fn find(name: &str) -> PathBuf {
    find_maybe(name).unwrap_or_else(|| panic!("no {name} on this machine: ./check installs it"))
}

/// The same, where there may be none.
pub(crate) fn find_maybe(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let mut places = std::env::split_paths(&path).chain(more).map(|folder| folder.join(name));
    places.find(|path| path.is_file())
}

/// Makes a folder with links to the usual programs.
pub(crate) fn link_usual(folder: &Path) {
    fs::create_dir(folder).expect("a folder");
    for name in USUAL.split_whitespace() {
        let places = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(name));
        if let Some(program) = places.iter().find(|program| program.exists()) {
            link(program, folder, name);
        }
    }
}

/// Links a program into a folder.
pub(crate) fn link(program: &Path, folder: &Path, name: &str) {
    symlink(program, folder.join(name)).expect("a link of a new name");
}
