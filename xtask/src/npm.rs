//! The npm packages that building and testing need.

use crate::{build::digest, run};
use anyhow::Result;
use std::{fs, path::Path};

/// What the package and the shop need. The frameworks that only tests need take longer to install
/// than all of that.
pub(crate) fn install() -> Result<()> {
    let some = ["--workspace=pkg", "--workspace=examples/shop", "--include-workspace-root"];
    install_in(&run::root(), &some, "to build and to show; the package itself has no dependencies")
}

/// What the tests need too.
pub(crate) fn install_all() -> Result<()> {
    install_in(&run::root(), &[], "to build and to test; the package itself has no dependencies")
}

/// The libraries that the benchmark compares with; nothing else needs them.
pub(crate) fn install_benches() -> Result<()> {
    install_in(&run::root().join("benches"), &[], "the libraries to compare with")
}

/// The runtimes and bundlers that the package is proved on. They are programs as they are: nothing
/// has to run when they are installed, and six of them are called `node`.
pub(crate) fn install_runtimes() -> Result<()> {
    let as_they_are = ["--ignore-scripts", "--no-bin-links"];
    install_in(&run::root().join("js-tests/runtimes"), &as_they_are, "runtimes and bundlers")
}

/// What measures the tests; nothing else needs it.
pub(crate) fn install_proof() -> Result<()> {
    install_in(&run::root().join("proof"), &[], "what measures the tests")
}

/// Installs exactly what the lock file says, or `some` of it, unless that was done before.
fn install_in(folder: &Path, some: &[&str], why: &str) -> Result<()> {
    let lock = digest([fs::read(folder.join("package-lock.json"))?]);
    let stamp = folder.join("node_modules/.installed");
    let found = fs::read_to_string(&stamp).unwrap_or_default();
    // Who once needed all of it keeps all of it.
    let some = if found.ends_with(' ') { &[] } else { some };
    let wanted = format!("{lock} {}", some.join(" "));
    if found == wanted {
        return Ok(());
    }
    run::say(&format!("npm ci ({why})"));
    let quiet = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    run::shown(run::command("npm", quiet).args(some).current_dir(folder))?;
    fs::write(stamp, wanted)?;
    Ok(())
}
