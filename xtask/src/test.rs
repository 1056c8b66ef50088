//! Everything that is checked, in the order in which a mistake shows soonest.

use crate::{build, npm, run};
use anyhow::{Result, bail};
use std::{env, path::Path};

/// Runs all checks.
pub(crate) fn test() -> Result<()> {
    browser()?;
    run::say("formatting");
    run::shown(&mut run::command("cargo", ["fmt", "--all", "--check"]))?;
    npm::install()?;
    run::say("clippy");
    let clippy = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets"];
    run::shown(run::command("cargo", clippy).args(["--", "-D", "warnings"]))?;
    run::say("Rust tests");
    run::shown(&mut run::command("cargo", ["test", "--quiet", "--locked", "--workspace"]))?;
    build::build()?;
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

/// Some tests look at pages in Chromium.
fn browser() -> Result<()> {
    if Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    let root = run::output(&mut run::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    if root && Path::new("/usr/bin/apt-get").exists() {
        run::say("apt-get install chromium (some tests look at pages)");
        let mut apt = run::command("apt-get", ["update", "-qq"]);
        run::shown(apt.env("DEBIAN_FRONTEND", "noninteractive"))?;
        let mut apt = run::command(
            "apt-get",
            [
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "-o",
                "Dpkg::Use-Pty=0",
                "chromium",
                "fonts-noto-cjk",
            ],
        );
        run::shown(
            apt.env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null()),
        )?;
    }
    if Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    if env::var_os("CI").is_some() {
        bail!("Chromium is missing and could not be installed; in CI no test is skipped");
    }
    run::say(
        "no Chromium at /usr/bin/chromium: the page tests will be skipped; install it to run them",
    );
    Ok(())
}
