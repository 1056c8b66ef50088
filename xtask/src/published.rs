//! The crate `wxpay-core` as who depends on it gets it: documentation, dependencies, contents, the
//! oldest compiler, the public surface, the examples.

use crate::{
    run,
    surface::{Surface, surface},
};
use anyhow::{Context, Result, bail, ensure};
use std::{collections::BTreeSet, fs, process::Command};

const SURFACE: &str = "xtask/public-api.txt";
/// A machine that has no standard library.
const BARE: &str = "thumbv7em-none-eabi";

/// Checks all of it; `record` writes the public surface down instead of comparing it.
pub(crate) fn check(record: bool) -> Result<()> {
    documentation()?;
    dependencies()?;
    contents()?;
    match oldest()? {
        Some(toolchain) => old_compiler(&toolchain, record)?,
        None => {
            run::say("no toolchain of the oldest Rust: it and the public surface are not checked")
        }
    }
    examples()
}

fn cargo<const N: usize>(args: [&str; N]) -> Command {
    run::command("cargo", args)
}

fn documentation() -> Result<()> {
    run::say("the crate: documentation");
    let doc = ["doc", "--quiet", "--locked", "--package=wxpay-core", "--no-deps", "--all-features"];
    run::shown(cargo(doc).env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// The core has no randomness and no JavaScript, and few dependencies.
fn dependencies() -> Result<()> {
    run::say("the crate: dependencies");
    for features in ["--no-default-features", "--features=default"] {
        let tree = ["tree", "--locked", "--package=wxpay-core", "--edges=normal", "--prefix=none"];
        let tree = run::output(cargo(tree).args(["--target=all", features]))?;
        let names: BTreeSet<&str> =
            tree.lines().filter_map(|line| line.split(' ').next()).collect();
        ensure!(names.contains("wxpay-core"), "cargo tree shows no wxpay-core:\n{tree}");
        for unwanted in ["getrandom", "wasm-bindgen", "js-sys"] {
            ensure!(!names.contains(unwanted), "{unwanted} is a dependency ({features}):\n{tree}");
        }
    }
    Ok(())
}

/// What is uploaded: the sources and their tests, all of them, and nothing else. It compiles alone.
fn contents() -> Result<()> {
    run::say("the crate: contents of the package");
    let files = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let package =
        ["package", "--quiet", "--locked", "--package=wxpay-core", "--allow-dirty", "--list"];
    let packed = files(run::output(&mut cargo(package))?);
    let known = ["--cached", "--others", "--exclude-standard"];
    let folders = ["src", "tests", "LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"];
    let git = run::output(run::command("git", ["ls-files"]).args(known).args(folders));
    if let Ok(git) = git {
        let made = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
        let wanted: BTreeSet<_> = files(git).into_iter().chain(made.map(str::to_owned)).collect();
        let odd: Vec<_> = packed.symmetric_difference(&wanted).collect();
        ensure!(odd.is_empty(), "in the package or in the repository, but not in both: {odd:?}");
    }
    let publish = ["publish", "--dry-run", "--locked", "--package=wxpay-core", "--allow-dirty"];
    let output = cargo(publish).output().context("cargo publish")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo publish --dry-run failed\n{said}");
    let warnings = said.lines().filter(|line| line.starts_with("warning"));
    let warnings: Vec<_> = warnings.filter(|line| !line.ends_with("due to dry run")).collect();
    ensure!(warnings.is_empty(), "cargo publish --dry-run warns: {warnings:?}");
    Ok(())
}

/// The toolchain that `rust-version` names, where it is there or can be had.
fn oldest() -> Result<Option<String>> {
    let manifest = fs::read_to_string(run::root().join("Cargo.toml"))?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version =
        version.context("Cargo.toml states no rust-version")?.trim_matches('"').to_owned();
    let toolchain = format!("{version}.0");
    let installed = ["target", "list", "--installed", "--toolchain", &toolchain];
    let installed = run::output(&mut run::command("rustup", installed)).unwrap_or_default();
    if installed.lines().any(|line| line == BARE) {
        return Ok(Some(toolchain));
    }
    run::say(&format!("rustup toolchain install {toolchain} (the oldest that is promised)"));
    let install = ["toolchain", "install", &toolchain, "--profile=minimal", "--no-self-update"];
    let mut install = run::command("rustup", install);
    Ok(run::shown(install.args(["--target", BARE])).ok().map(|()| toolchain))
}

/// Compiles with the oldest Rust, also without a standard library, and compares the public surface, in
/// the one format that it writes.
fn old_compiler(toolchain: &str, record: bool) -> Result<()> {
    run::say(&format!("the crate: Rust {toolchain}"));
    let old = |command: &str| {
        let mut cargo = run::command("rustup", ["run", toolchain, "cargo", command, "--quiet"]);
        cargo.args(["--locked", "--package=wxpay-core", "--target-dir=target/oldest"]);
        // The outer cargo's own compiler.
        cargo.env_remove("RUSTC").env_remove("RUSTDOC");
        cargo
    };
    run::shown(old("check").args(["--lib", "--no-default-features", "--target", BARE]))?;
    run::shown(old("check").args(["--lib", "--all-features"]))?;
    let json = ["--lib", "--all-features", "--", "-Zunstable-options", "--output-format=json"];
    run::shown(old("rustdoc").args(json).env("RUSTC_BOOTSTRAP", "1"))?;
    let written = fs::read(run::root().join("target/oldest/doc/wxpay_core.json"))?;
    let Surface { lines, without_example } = surface(&serde_json::from_slice(&written)?)?;
    ensure!(without_example.is_empty(), "without an example: {}", without_example.join(", "));
    let found: String = lines.into_iter().map(|line| line + "\n").collect();
    if record {
        return Ok(fs::write(run::root().join(SURFACE), found)?);
    }
    let known = fs::read_to_string(run::root().join(SURFACE)).unwrap_or_default();
    compare(&known, &found)
}

/// A line that is gone or changed breaks who depends on it; one that is new does not.
fn compare(known: &str, found: &str) -> Result<()> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (known.lines().collect(), found.lines().collect());
    let lines = |mark: &str, a: &BTreeSet<&str>, b: &BTreeSet<&str>| {
        a.difference(b).map(|line| format!("\n{mark} {line}")).collect::<String>()
    };
    let (gone, new) = (lines("-", &before, &after), lines("+", &after, &before));
    let advice = "after thought, `cargo xtask crate --record` writes it down";
    if !gone.is_empty() {
        bail!(
            "the public surface lost something, which needs a new minor version; {advice}{gone}{new}"
        );
    }
    ensure!(new.is_empty(), "the public surface has grown; {advice}{new}");
    Ok(())
}

/// The three programs, each run as a process; a workspace of its own.
fn examples() -> Result<()> {
    run::say("the crate: examples with ureq, reqwest and axum");
    let folder = run::root().join("examples/rust");
    run::shown(cargo(["fmt", "--check"]).current_dir(&folder))?;
    let mut test = cargo(["test", "--quiet", "--locked"]);
    // Clippy compiles as well: nothing is compiled once more for it.
    run::shown(test.current_dir(&folder).env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver"))
}
