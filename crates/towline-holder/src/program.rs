//! Starting the pane's program.

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use rustix::pipe::{PipeFlags, pipe_with};
use towline_protocol::holder::SpawnSpec;

use crate::linux::{close_from, default_signals};
use crate::start::StartError;

/// Where commands are looked for if the environment has no PATH (`_CS_PATH` in confstr(3)).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// What is run when a file is executable but in no format the kernel knows, as execvp(3) does.
const SHELL: &CStr = c"/bin/sh";

/// The file mode creation mask if none is given.
const DEFAULT_UMASK: u32 = 0o022;

/// What the child couldn't do; the first byte of its report.
const STAGE_TERMINAL: u8 = 1;
const STAGE_FOLDER: u8 = 2;
const STAGE_EXEC: u8 = 3;

/// Where the report pipe lies in the child, next to the standard streams.
const REPORT_FD: RawFd = 3;

/// All that is needed between fork and exec, where no memory may be taken.
struct Prepared {
    argv: Vec<CString>,
    env: Vec<CString>,
    /// The files that the command may be, in the order in which they are tried.
    candidates: Vec<CString>,
    cwd: CString,
    umask: libc::mode_t,
    limits: Vec<(u32, libc::rlimit)>,
}

/// Starts the program on a terminal, whose slave side is given. Returns its process id.
///
/// Must be called while the process has one thread.
pub(crate) fn start(spec: &SpawnSpec, slave: OwnedFd) -> Result<i32, StartError> {
    let prepared = prepare(spec)?;
    let argv = pointers(&prepared.argv);
    let env = pointers(&prepared.env);
    let mut shell_argv = argv.clone();
    shell_argv.insert(0, SHELL.as_ptr());
    let (reports, report) = pipe_with(PipeFlags::CLOEXEC)
        .map_err(|error| StartError::System("make a pipe", error.into()))?;
    // SAFETY: this process has one thread, so that the child may do what the parent may. It only calls
    // what is safe between fork and exec all the same.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(StartError::System("fork", io::Error::last_os_error()));
    }
    if pid == 0 {
        let (stage, errno) = in_child(
            &prepared,
            &argv,
            &env,
            &mut shell_argv,
            slave.as_raw_fd(),
            report.as_raw_fd(),
        );
        let mut bytes = [stage; 5];
        bytes[1..].copy_from_slice(&errno.to_le_bytes());
        // SAFETY: writes from a live local; _exit ends the child without running the parent's
        // destructors.
        unsafe {
            libc::write(REPORT_FD, bytes.as_ptr().cast(), bytes.len());
            libc::_exit(127)
        }
    }
    drop(slave);
    drop(report);
    let mut bytes = Vec::new();
    // The pipe is closed by a successful exec.
    let read = File::from(reports).read_to_end(&mut bytes);
    let &[stage, ref errno @ ..] = bytes.as_slice() else {
        return match read {
            Ok(_) => Ok(pid),
            Err(error) => Err(StartError::System("hear from the program", error)),
        };
    };
    // SAFETY: waits for the child that was just forked; the status isn't asked for.
    unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
    let errno = errno.try_into().map(i32::from_le_bytes).unwrap_or_default();
    Err(explain(spec, stage, io::Error::from_raw_os_error(errno)))
}

fn explain(spec: &SpawnSpec, stage: u8, error: io::Error) -> StartError {
    let command = || lossy(spec.command.first().map_or(&[], Vec::as_slice));
    match stage {
        STAGE_FOLDER => StartError::Folder(lossy(&spec.cwd), error),
        STAGE_EXEC if error.kind() == io::ErrorKind::NotFound && !command().contains('/') => {
            StartError::NotFound(command(), error)
        }
        STAGE_EXEC => StartError::Exec(command(), error),
        _ => StartError::System("give the program its terminal", error),
    }
}

fn prepare(spec: &SpawnSpec) -> Result<Prepared, StartError> {
    let text = |bytes: &[u8]| {
        CString::new(bytes)
            .map_err(|_| StartError::Spec(format!("{:?} has a zero byte", lossy(bytes))))
    };
    let Some(command) = spec.command.first().filter(|command| !command.is_empty()) else {
        return Err(StartError::Spec("there is no command".into()));
    };
    let cwd: &[u8] = if spec.cwd.is_empty() { b"/" } else { &spec.cwd };
    let mut env = Vec::new();
    for variable in spec.env.iter().filter(|variable| !variable.starts_with(b"PWD=")) {
        env.push(text(variable)?);
    }
    // The path by which the folder was named, links and all: it is that one the user knows.
    if Path::new(OsStr::from_bytes(cwd)).is_absolute() {
        env.push(text(&[b"PWD=", cwd].concat())?);
    }
    let path = spec.env.iter().rev().find_map(|variable| variable.strip_prefix(b"PATH="));
    let mut candidates = Vec::new();
    if command.contains(&b'/') {
        candidates.push(text(command)?);
    } else {
        for folder in path.unwrap_or(DEFAULT_PATH).split(|&byte| byte == b':') {
            // An empty one is the working folder.
            let folder = if folder.is_empty() { b"." } else { folder };
            candidates.push(text(&[folder, b"/", command].concat())?);
        }
    }
    let limits = spec
        .limits
        .iter()
        .map(|limit| (limit.resource, libc::rlimit { rlim_cur: limit.soft, rlim_max: limit.hard }));
    Ok(Prepared {
        argv: spec.command.iter().map(|argument| text(argument)).collect::<Result<_, _>>()?,
        env,
        candidates,
        cwd: text(cwd)?,
        umask: spec.umask.unwrap_or(DEFAULT_UMASK) & 0o777,
        limits: limits.collect(),
    })
}

/// Becomes the program. What failed and why, if that can't be. Takes no memory.
fn in_child(
    prepared: &Prepared,
    argv: &[*const libc::c_char],
    env: &[*const libc::c_char],
    shell_argv: &mut [*const libc::c_char],
    slave: RawFd,
    report: RawFd,
) -> (u8, i32) {
    // SAFETY: these take numbers and pointers to what outlives the call. The descriptors that are
    // closed or overwritten are owned by nobody in this process, which ends here or becomes another.
    unsafe {
        // The report first, so that whatever fails can be told: on a descriptor of its own.
        if report != REPORT_FD && libc::dup3(report, libc::STDERR_FILENO, 0) < 0 {
            return (STAGE_TERMINAL, errno());
        }
        for fd in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
            if libc::dup2(slave, fd) < 0 {
                return (STAGE_TERMINAL, errno());
            }
        }
        if report != REPORT_FD && libc::dup3(libc::STDERR_FILENO, REPORT_FD, libc::O_CLOEXEC) < 0 {
            return (STAGE_TERMINAL, errno());
        }
        if libc::dup2(libc::STDIN_FILENO, libc::STDERR_FILENO) < 0 {
            return (STAGE_TERMINAL, errno());
        }
        close_from(REPORT_FD + 1);
        default_signals();
        if libc::setsid() < 0 || libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) < 0 {
            return (STAGE_TERMINAL, errno());
        }
        libc::umask(prepared.umask);
        if libc::chdir(prepared.cwd.as_ptr()) < 0 {
            return (STAGE_FOLDER, errno());
        }
        for (resource, limit) in &prepared.limits {
            set_limit(*resource, *limit);
        }
        let mut denied = None;
        for candidate in &prepared.candidates {
            libc::execve(candidate.as_ptr(), argv.as_ptr(), env.as_ptr());
            match errno() {
                libc::ENOENT | libc::ENOTDIR => {}
                libc::EACCES => denied = Some(libc::EACCES),
                libc::ENOEXEC => {
                    // As execvp(3) does: `sh FILE ARGUMENTS…`.
                    if let [shell, file, ..] = shell_argv {
                        *file = candidate.as_ptr();
                        let shell = *shell;
                        libc::execve(shell, shell_argv.as_ptr(), env.as_ptr());
                    }
                    return (STAGE_EXEC, errno());
                }
                other => return (STAGE_EXEC, other),
            }
        }
        (STAGE_EXEC, denied.unwrap_or(libc::ENOENT))
    }
}

/// Sets a limit, or what comes nearest to it: one above the holder's own can't be given. Safe between
/// fork and exec.
fn set_limit(resource: u32, wanted: libc::rlimit) {
    // SAFETY: both calls get a pointer to a live local; an unknown resource is refused by the kernel.
    unsafe {
        // The type of the number differs between C libraries.
        let resource = resource as _;
        if libc::setrlimit(resource, &wanted) == 0 {
            return;
        }
        let mut own = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(resource, &mut own) == 0 {
            let rlim_max = wanted.rlim_max.min(own.rlim_max);
            let rlim_cur = wanted.rlim_cur.min(rlim_max);
            libc::setrlimit(resource, &libc::rlimit { rlim_cur, rlim_max });
        }
    }
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn pointers(texts: &[CString]) -> Vec<*const libc::c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
