//! The npm packages that building and testing need.

use crate::{build::digest, run};
use anyhow::Result;
use std::fs;

/// Installs exactly what the lock file says, unless that was done before.
pub(crate) fn install() -> Result<()> {
    let root = run::root();
    let wanted = digest([fs::read(root.join("package-lock.json"))?]);
    let stamp = root.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    run::say("npm ci (packages for building and testing; the package itself has none)");
    run::shown(&mut run::command("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::write(stamp, wanted)?;
    Ok(())
}
