//! Builds, tests and demonstrates wxpay-wasm: what neither cargo nor npm does alone.

mod api;
mod build;
#[cfg(test)]
mod contributing;
mod docs;
mod facts;
mod fuzz;
mod generate;
mod matrix;
mod npm;
mod proof;
mod published;
mod python;
mod reference;
mod reproducible;
mod run;
mod soak;
mod surface;
mod test;
mod wire;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask build          the npm package, in pkg/dist, and two pages in www/dist: endpoints.html has the
                           calls, doctor.html explains signatures
cargo xtask demo           gateway and shop on loopback, until Ctrl-C
cargo xtask demo --once    the same without a person: exits 0 when both orders are paid exactly once and
                           one is refunded
cargo xtask test           everything that is checked
cargo xtask docs           the API reference: www/dist/api for the npm package, target/doc for the crate
cargo xtask pictures       the pictures of the README, from the real pages
cargo xtask crate          the Rust crate alone: documentation, package, oldest Rust, public surface,
                           examples; --record writes the surface down
cargo xtask matrix         runtimes, bundlers and compilers, each with the packed package; writes the table of
                           docs/runtimes.md, --only WORD takes some rows
cargo xtask reproducible   builds again elsewhere: every file must be the same
cargo xtask proof          every proof with its figure, and docs/proof.md; --quick measures for seconds, --all
                           for hours, --only NAMES takes some
cargo xtask bench          speed and size beside other libraries; --record writes the report,
                           --quick looks for 15 s, --only NAMES takes some rows
cargo xtask soak           kills, outages, load and strangers, on both databases, for long; writes soak/report.md.
                           NAMES takes some scenarios (the report keeps the others), --on DATABASE one
                           database, --quick small numbers, of which nothing is recorded
cargo xtask fuzz           looks for inputs that break a promise, 30 minutes for each target, and writes
                           fuzz/report.md; [TARGET…] [--minutes N] [--jobs N]
cargo xtask differential   a million inputs through the package and through programs of others; writes
                           docs/differential.md; [--inputs N] [--seed N]
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
        ["docs"] => docs::reference(),
        ["pictures"] => docs::pictures(),
        ["crate"] => published::check(false),
        ["crate", "--record"] => published::check(true),
        ["matrix", rest @ ..] => matrix::matrix(rest),
        ["reproducible"] => reproducible::check(),
        ["proof", rest @ ..] => proof::proof(rest),
        ["bench", rest @ ..] => {
            build::build()?;
            npm::install_benches()?;
            run::shown(run::command("node", ["benches/run.mjs"]).args(rest))
        }
        ["soak", rest @ ..] => soak::soak(rest),
        ["differential", rest @ ..] => {
            build::build()?;
            npm::install_all()?;
            npm::install_benches()?;
            python::install()?;
            let program = ["js-tests/differential/run.mjs", "--write"];
            run::shown(run::command("node", program).args(rest))
        }
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no such command: {}\n{HELP}", other.join(" ")),
    }
}
