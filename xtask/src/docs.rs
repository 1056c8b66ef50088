//! What is written from the code for people: the API reference, and the pictures of the README.

use crate::{build, npm, run};
use anyhow::Result;

/// The reference of the npm package in `www/dist/api`, that of the crate in `target/doc`.
pub(crate) fn reference() -> Result<()> {
    npm::install_all()?;
    build::build()?;
    let typedoc = ["--no-install", "typedoc", "--options", "docs/typedoc.mjs"];
    run::shown(&mut run::command("npx", typedoc))?;
    let crate_ = ["doc", "--quiet", "--locked", "--no-deps", "--package", "wxpay-core"];
    run::shown(run::command("cargo", crate_).env("RUSTDOCFLAGS", "-D warnings"))?;
    run::say("www/dist/api/index.html and target/doc/wxpay_core/index.html");
    Ok(())
}

/// `docs/pictures`, by Chromium.
pub(crate) fn pictures() -> Result<()> {
    npm::install_all()?;
    build::build()?;
    run::shown(&mut run::command("node", ["docs/pictures.mjs"]))
}
