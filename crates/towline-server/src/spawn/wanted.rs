//! What a request leaves open, and what is wrong with it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use towline_client::programs;
use towline_protocol::v1;
use towline_vt::Size;

use super::environment::Environment;
use crate::fault::Fault;

/// The size of a pane that nobody has given one, as terminals have since the VT100.
const DEFAULT_SIZE: Size = Size { cols: 80, rows: 24 };

/// A terminal's sides are 16 bits for the kernel; above this a program would only waste memory on it.
const SIDE_MAX: u32 = 10_000;

/// Puts in what the request leaves to this host: the home folder for a leading `~`, and the command where there is none.
pub(super) fn at_home(
    request: &mut v1::Spawn,
    environment: &Environment,
    configured: Option<&[String]>,
) {
    let home = environment.get(&b"HOME"[..]);
    let rest = request.cwd.strip_prefix(b"~");
    if let (Some(home), Some(rest)) =
        (home, rest.filter(|rest| matches!(rest.first(), None | Some(b'/'))))
    {
        let home = home.strip_suffix(b"/").unwrap_or(home);
        request.cwd = [home, rest].concat();
    }
    if request.command.is_empty() {
        let variable =
            |name: &str| environment.get(name.as_bytes()).cloned().map(OsString::from_vec);
        let path = variable("PATH").unwrap_or_default();
        let command = programs::default_command(configured, &path, variable("SHELL"));
        request.command = command.into_iter().map(OsString::into_vec).collect();
    }
}

pub(super) fn check_folder(cwd: &Path) -> Result<(), Fault> {
    if !cwd.is_absolute() {
        return Err(Fault::invalid(format!(
            "the folder {} is not an absolute path",
            cwd.display()
        )));
    }
    match std::fs::metadata(cwd) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Fault::invalid(format!("{} is not a folder", cwd.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Fault::invalid(format!("there is no folder {}", cwd.display()))
                .hint(format!("mkdir -p '{}'", cwd.display())))
        }
        Err(error) => {
            Err(Fault::invalid(format!("can't use the folder {}: {error}", cwd.display())))
        }
    }
}

/// The folder's own name, made into one that can be typed.
pub(super) fn default_name(cwd: &Path) -> String {
    let name =
        cwd.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
    let name: String = name.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let name = name.trim_start_matches(['%', '=']);
    if name.is_empty() { "pane".into() } else { name.chars().take(50).collect() }
}

pub(super) fn size(wanted: Option<&v1::Size>) -> Size {
    let side = |value: u32, default: u16| match value {
        0 => default,
        value => u16::try_from(value.min(SIDE_MAX)).unwrap_or(default),
    };
    wanted.map_or(DEFAULT_SIZE, |size| Size {
        cols: side(size.cols, DEFAULT_SIZE.cols),
        rows: side(size.rows, DEFAULT_SIZE.rows),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_leaves_open_is_this_hosts() {
        let environment: Environment =
            [("HOME", "/h/"), ("PATH", "/none:/bin"), ("SHELL", "/bin/zsh")]
                .map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()))
                .into();
        let filled = |cwd: &str, command: &[&str], configured: Option<&[String]>| {
            let command = command.iter().map(|word| word.as_bytes().to_vec()).collect();
            let mut request = v1::Spawn { cwd: cwd.into(), command, ..v1::Spawn::default() };
            at_home(&mut request, &environment, configured);
            let words =
                request.command.iter().map(|word| String::from_utf8_lossy(word).into_owned());
            (
                String::from_utf8_lossy(&request.cwd).into_owned(),
                words.collect::<Vec<_>>().join(" "),
            )
        };
        let text = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(filled("~/p/x", &["sh"], None), text("/h/p/x", "sh"));
        assert_eq!(filled("~", &[], None), text("/h", "/bin/zsh -l"));
        assert_eq!(filled("~x/y", &["sh"], None), text("~x/y", "sh"));
        let configured = ["aider".to_owned(), "-x".to_owned()];
        assert_eq!(filled("/a", &[], Some(&configured)), text("/a", "aider -x"));
    }

    #[test]
    fn a_folder_gives_a_name_that_can_be_typed() {
        for (folder, name) in
            [("/a/my project", "my project"), ("/", "root"), ("/a/=x", "x"), ("/a/b\nc", "b_c")]
        {
            assert_eq!(default_name(Path::new(folder)), name);
        }
    }
}
