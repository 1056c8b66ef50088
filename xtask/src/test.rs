//! Everything that is checked, in the order in which a mistake shows soonest.

use crate::{fuzz, matrix, npm, published, python, reproducible, run};
use anyhow::{Result, anyhow, bail};
use std::{env, path::Path, thread};

/// Runs all checks.
pub(crate) fn test() -> Result<()> {
    // What the rest needs arrives while Rust is compiled.
    let (checked, fetched) = thread::scope(|scope| {
        let fetching = scope.spawn(fetch);
        (rust(), fetching.join())
    });
    checked?;
    fetched.map_err(|_| anyhow!("the download broke off"))??;
    reproducible::check()?;
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
    // Node's own choice is one file less than there are cores.
    let cores = thread::available_parallelism()?;
    let mut node = run::command("node", ["--test"]);
    // A file that hangs fails after ten minutes.
    node.arg(format!("--test-concurrency={cores}")).arg("--test-timeout=600000");
    // Whatever the tests print is looked through for their keys and passwords.
    for (reporter, to) in [("spec", "stdout"), ("./js-tests/canary-reporter.mjs", PRINTED)] {
        node.arg(format!("--test-reporter={reporter}"));
        node.arg(format!("--test-reporter-destination={to}"));
    }
    run::shown(node.args(files))?;
    let printed = std::fs::read_to_string(run::root().join(PRINTED))?;
    let printed: serde_json::Value = serde_json::from_str(&printed)?;
    if printed["found"] != serde_json::json!([]) {
        bail!("the tests printed secrets: {}", printed["found"]);
    }
    matrix::check()
}

/// Where the reporter writes what it found.
const PRINTED: &str = "target/printed.json";

/// The checks that need nothing but Rust.
fn rust() -> Result<()> {
    run::say("formatting");
    run::shown(&mut run::command("cargo", ["fmt", "--all", "--check"]))?;
    run::say("clippy");
    let clippy =
        ["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--all-features"];
    run::shown(run::command("cargo", clippy).args(["--", "-D", "warnings"]))?;
    run::say("Rust tests");
    let all = ["test", "--quiet", "--locked", "--workspace", "--all-features"];
    run::shown(&mut run::command("cargo", all))?;
    published::check(false)?;
    fuzz::check()
}

/// Installs what the JavaScript tests run on.
fn fetch() -> Result<()> {
    packages()?;
    npm::install_all()?;
    python::install()
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

/// A Debian package that only tests need.
struct Package {
    /// What it brings, by which one sees that it is there.
    program: &'static str,
    install: &'static [&'static str],
    what_for: &'static str,
}

const PACKAGES: [Package; 5] = [
    Package {
        program: "/usr/bin/chromium",
        install: &["chromium", "fonts-noto-cjk"],
        what_for: "some tests look at pages",
    },
    Package {
        program: "/usr/bin/openssl",
        install: &["openssl"],
        what_for: "some tests make certificates",
    },
    Package {
        program: "/usr/bin/curl",
        install: &["curl"],
        what_for: "one test types what the README says",
    },
    Package {
        program: "/usr/sbin/mariadbd",
        install: &["mariadb-server"],
        what_for: "some tests keep orders in it",
    },
    Package {
        program: "/usr/bin/strace",
        install: &["strace"],
        what_for: "one test watches what reaches the disk",
    },
];

/// Installs what is missing, where that is possible; otherwise its tests skip themselves, save in CI.
fn packages() -> Result<()> {
    for Package { program, install, what_for } in &PACKAGES {
        if Path::new(program).exists() {
            continue;
        }
        debian(install, what_for)?;
        if Path::new(program).exists() {
            continue;
        }
        if env::var_os("CI").is_some() {
            bail!("{program} is missing and could not be installed; in CI no test is skipped");
        }
        run::say(&format!("no {program} ({what_for}): these tests will be skipped"));
    }
    Ok(())
}

/// Installs Debian's packages where that is possible.
pub(crate) fn debian(packages: &[&str], why: &str) -> Result<()> {
    let root = run::output(&mut run::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    if !root || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    run::say(&format!("apt-get install {} ({why})", packages.join(" ")));
    apt_get(&["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"];
    args.extend(packages);
    apt_get(&args)
}

fn apt_get(args: &[&str]) -> Result<()> {
    let mut apt = run::command("apt-get", args);
    run::shown(apt.env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null()))
}
