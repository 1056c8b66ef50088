//! The table of runtimes: each has the packed package, and runs the same suite.

use crate::{build, npm, run};
use anyhow::{Result, bail};
use std::path::Path;

/// Runs every row and writes the table into `docs/runtimes.md`.
pub(crate) fn matrix(args: &[&str]) -> Result<()> {
    if !here() {
        bail!("the runtimes come as programs for Linux on x64, with glibc and /usr/bin/chromium");
    }
    build::build()?;
    rows(if args.is_empty() { &["--write"] } else { args })
}

/// Runs every row, and looks whether `docs/runtimes.md` has the same table.
pub(crate) fn check() -> Result<()> {
    if here() {
        return rows(&["--check"]);
    }
    run::say("no table of runtimes: it needs Linux on x64 and /usr/bin/chromium");
    Ok(())
}

fn rows(args: &[&str]) -> Result<()> {
    npm::install_all()?;
    npm::install_runtimes()?;
    run::say("runtimes and bundlers, with the packed package");
    run::shown(run::command("node", ["js-tests/runtimes/matrix.mjs"]).args(args))
}

fn here() -> bool {
    let program = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    program && Path::new("/usr/bin/chromium").exists()
}
