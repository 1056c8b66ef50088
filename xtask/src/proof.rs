//! `cargo xtask proof`: every proof with its figure. What is measured, and how, is in `proof/`.

use crate::{build, npm, run};
use anyhow::Result;

/// Prepares what was asked for and hands over to `proof/run.mjs`.
pub(crate) fn proof(args: &[&str]) -> Result<()> {
    npm::install_all()?;
    build::build()?;
    let only = args.iter().skip_while(|&&arg| arg != "--only").nth(1).copied();
    let wanted = |name: &str| {
        only.map_or(args.contains(&"--all"), |names| names.split(',').any(|one| one == name))
    };
    if wanted("mutants-rust") {
        tool("mutants")?;
    }
    if wanted("dependencies") {
        tool("deny")?;
    }
    if wanted("mutants-js") || wanted("coverage") {
        npm::install_proof()?;
    }
    if wanted("coverage") {
        run::shown(&mut run::command("rustup", ["component", "add", "llvm-tools"]))?;
    }
    run::shown(run::command("node", ["proof/run.mjs"]).args(args))
}

/// A command of cargo from crates.io, unless it is there.
fn tool(name: &str) -> Result<()> {
    if run::output(&mut run::command("cargo", [name, "--version"])).is_ok() {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    run::say(&format!("cargo install {package}"));
    run::shown(&mut run::command("cargo", ["install", "--quiet", "--locked", &package]))
}
