//! Runs a command and writes its exit status, CPU time (user and system, in microseconds) and peak memory (in KiB)
//! to a file. Small on purpose: a child's peak memory starts at that of the process it is forked from, so that
//! measuring it from Python would report Python's own.
//! Usage: `measure OUTPUT COMMAND ARGUMENTS…`

use std::{io, mem::MaybeUninit, process::Command};

fn main() -> io::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let (Some(output), Some(program)) = (args.next(), args.next()) else {
        return Err(io::Error::other("usage: measure OUTPUT COMMAND ARGUMENTS…"));
    };
    let status = Command::new(program).args(args).status()?;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `getrusage` fills the struct it is given; all-zero bytes are a valid `rusage` even if it fails.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr());
        usage.assume_init()
    };
    let microseconds = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    let cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    std::fs::write(output, format!("{} {cpu} {}", status.code().unwrap_or(-1), usage.ru_maxrss))
}
