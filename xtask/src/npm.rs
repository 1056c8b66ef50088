//! The npm packages that building and testing need.

use crate::{build::digest, run};
use anyhow::Result;
use std::{fs, path::Path};

/// Installs exactly what the lock file says, unless that was done before.
pub(crate) fn install() -> Result<()> {
    install_in(&run::root(), "packages for building and testing; the package itself has none")
}

/// The libraries that the benchmark compares with; nothing else needs them.
pub(crate) fn install_benches() -> Result<()> {
    install_in(&run::root().join("benches"), "the libraries to compare with")
}

fn install_in(folder: &Path, why: &str) -> Result<()> {
    let wanted = digest([fs::read(folder.join("package-lock.json"))?]);
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    run::say(&format!("npm ci ({why})"));
    let quiet = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    run::shown(run::command("npm", quiet).current_dir(folder))?;
    fs::write(stamp, wanted)?;
    Ok(())
}
