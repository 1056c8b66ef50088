//! Everything that is checked, in the order in which a mistake shows soonest.

use crate::{build, npm, python, run};
use anyhow::{Result, bail};
use std::{env, path::Path};

/// Runs all checks.
pub(crate) fn test() -> Result<()> {
    tools()?;
    run::say("formatting");
    run::shown(&mut run::command("cargo", ["fmt", "--all", "--check"]))?;
    npm::install_all()?;
    run::say("clippy");
    let clippy = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets"];
    run::shown(run::command("cargo", clippy).args(["--", "-D", "warnings"]))?;
    run::say("Rust tests");
    run::shown(&mut run::command("cargo", ["test", "--quiet", "--locked", "--workspace"]))?;
    build::build()?;
    python::install()?;
    run::say("clippy, for WebAssembly");
    for module in ["wxpay-wasm-core", "wxpay-wasm-tools", "wxpay-wasm-doctor"] {
        let clippy = ["clippy", "--quiet", "--locked", "--target=wasm32-unknown-unknown"];
        let mut clippy = run::command("cargo", clippy);
        clippy.arg(format!("--package={module}")).args(["--", "-D", "warnings"]);
        run::shown(clippy.env("CARGO_ENCODED_RUSTFLAGS", "--cfg=getrandom_backend=\"custom\""))?;
    }
    run::say("TypeScript");
    run::shown(&mut run::command("npx", ["--no-install", "tsc", "-p", "pkg", "--noEmit"]))?;
    run::say("JavaScript tests, against the built package");
    let files = tests(&run::root().join("js-tests"))?;
    run::shown(run::command("node", ["--test", "--test-reporter=spec"]).args(files))
}

fn tests(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(format!("js-tests/{name}"));
        }
    }
    files.sort();
    Ok(files)
}

/// What some tests need beside Rust and Node: the program and its packages in Debian.
const TOOLS: [(&str, &[&str], &str); 2] = [
    ("/usr/bin/chromium", &["chromium", "fonts-noto-cjk"], "some tests look at pages"),
    ("/usr/bin/openssl", &["openssl"], "some tests make certificates"),
];

/// Installs Debian's packages where that is possible.
pub(crate) fn debian(packages: &[&str], why: &str) -> Result<()> {
    let root = run::output(&mut run::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    if !root || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    run::say(&format!("apt-get install {} ({why})", packages.join(" ")));
    let mut apt = run::command("apt-get", ["update", "-qq"]);
    run::shown(apt.env("DEBIAN_FRONTEND", "noninteractive"))?;
    let quiet = ["install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"];
    let mut apt = run::command("apt-get", quiet);
    apt.args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    run::shown(apt.stdout(std::process::Stdio::null()))
}

fn tools() -> Result<()> {
    for (program, packages, why) in TOOLS {
        if Path::new(program).exists() {
            continue;
        }
        debian(packages, why)?;
        if Path::new(program).exists() {
            continue;
        }
        if env::var_os("CI").is_some() {
            bail!("{program} is missing and could not be installed; in CI no test is skipped");
        }
        run::say(&format!("no {program}: {why}, and will be skipped; install it to run them"));
    }
    Ok(())
}
