//! Builds, tests and demonstrates wxpay-wasm: what neither cargo nor npm does alone.

mod api;
mod build;
mod facts;
mod generate;
mod npm;
mod proof;
mod python;
mod reference;
mod reproducible;
mod run;
mod test;
mod wire;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask build          the npm package, in pkg/dist, and two pages in www/dist: endpoints.html has the
                           calls, doctor.html explains signatures
cargo xtask demo           gateway and shop on loopback, until Ctrl-C
cargo xtask demo --once    the same without a person: exits 0 when both orders are paid exactly once
cargo xtask test           everything that is checked
cargo xtask reproducible   builds again elsewhere: every file must be the same
cargo xtask proof          every proof with its figure, and docs/proof.md; --quick measures for seconds, --all
                           for hours, --only NAMES takes some
cargo xtask bench          speed and size beside other libraries; --record writes the report,
                           --quick looks for 15 s, --only NAMES takes some rows
";

fn main() -> ExitCode {
    match run_command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_command() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build"] => build::build(),
        ["demo", rest @ ..] => {
            build::build()?;
            run::shown(run::command("node", ["examples/shop/demo.mjs"]).args(rest))
        }
        ["test"] => test::test(),
        ["reproducible"] => reproducible::check(),
        ["proof", rest @ ..] => proof::proof(rest),
        ["bench", rest @ ..] => {
            build::build()?;
            npm::install_benches()?;
            run::shown(run::command("node", ["benches/run.mjs"]).args(rest))
        }
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no such command: {}\n{HELP}", other.join(" ")),
    }
}
