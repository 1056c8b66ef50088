//! The Python packages that one test needs: a payment client that nobody here wrote.

use crate::{build::digest, run, test};
use anyhow::{Result, bail};
use std::{env, fs, path::Path};

const WHY: &str = "one test runs a client from PyPI against the gateway";

/// Installs what `js-tests/requirements.txt` says into `target/python`, unless that was done before.
pub(crate) fn install() -> Result<()> {
    let requirements = run::root().join("js-tests/requirements.txt");
    let place = run::root().join("target/python");
    let wanted = digest([fs::read(&requirements)?]);
    let stamp = place.join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if !environment(&place) {
        test::debian(&["python3", "python3-venv"], WHY)?;
    }
    run::say(&format!("pip install ({WHY})"));
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let mut pip = run::command(&place.join("bin/python").to_string_lossy(), quiet);
    if environment(&place) && run::shown(pip.arg(requirements)).is_ok() {
        return Ok(fs::write(stamp, wanted)?);
    }
    if env::var_os("CI").is_some() {
        bail!("no Python with packages from PyPI could be made; in CI no test is skipped");
    }
    run::say(&format!("no Python with packages from PyPI: {WHY}, and will be skipped"));
    Ok(())
}

/// Makes an environment of its own; the system's Python stays as it is.
fn environment(place: &Path) -> bool {
    let there = || place.join("bin/pip").exists();
    let mut venv = run::command("python3", ["-m", "venv", "--clear"]);
    there() || run::output(venv.arg(place)).is_ok() && there()
}
