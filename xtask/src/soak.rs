//! Long runs: what happens to a shop in years, in an hour or two.

use crate::{build, npm, run, test};
use anyhow::Result;
use std::path::Path;

/// Half of the scenarios keep orders in the one; one looks with the other at what reaches the disk.
const PROGRAMS: [(&str, &str); 2] =
    [("/usr/sbin/mariadbd", "mariadb-server"), ("/usr/bin/strace", "strace")];

/// Runs the scenarios that are named, or all, and writes `soak/report.md`.
pub(crate) fn soak(args: &[&str]) -> Result<()> {
    for (program, package) in PROGRAMS {
        if !Path::new(program).exists() {
            test::debian(&[package], "scenarios need it")?;
        }
    }
    npm::install_all()?;
    build::build()?;
    run::shown(run::command("node", ["soak/run.mjs"]).args(args))
}
