//! The same package from another folder, with another cargo home and another npm cache.

use crate::{build, run};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// The files of a build and their SHA-256.
type Files = BTreeMap<String, String>;

const WASM: [&str; 3] = ["core.wasm", "tools.wasm", "doctor.wasm"];

/// Builds a second time, elsewhere, and compares every file of the package and of the pages; what was
/// compared is written to `target/reproducible.json`.
pub(crate) fn check() -> Result<()> {
    build::build()?;
    let started = std::time::Instant::now();
    run::say("building again, in another folder with an empty cargo home and an empty npm cache");
    let elsewhere = Elsewhere::new()?;
    let place = &elsewhere.0;
    let (here, there) = (run::root(), place.join("a folder whose path has another length"));
    copy(&here, &there)?;
    let (cargo, npm) = (place.join("cargo"), place.join("npm"));
    let with = |command: &mut std::process::Command| {
        command.current_dir(&there).env("CARGO_HOME", &cargo).env("npm_config_cache", &npm);
        // By this one xtask knows where it is.
        command.env("CARGO_MANIFEST_DIR", there.join("xtask")).env_remove("CARGO_TARGET_DIR");
        run::shown(command)
    };
    let target = ["fetch", "--quiet", "--locked", "--target=wasm32-unknown-unknown"];
    with(&mut run::command("cargo", target))?;
    with(&mut run::command(&env::current_exe()?.to_string_lossy(), ["build"]))?;

    let (first, second) = (files(&here)?, files(&there)?);
    let names = first.keys().chain(second.keys());
    let mut other: Vec<&String> =
        names.filter(|&name| first.get(name) != second.get(name)).collect();
    other.dedup();
    if let [name, ..] = other.as_slice() {
        bail!("{} files differ between two builds, {name} for instance", other.len());
    }
    let (tarball, count) = packed(&here)?;
    if packed(&there)?.0 != tarball {
        bail!("the npm tarballs of two builds differ");
    }
    let wasm: serde_json::Map<_, _> = WASM
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json!(first.get(&generated(name))?))))
        .collect();
    if wasm.len() != WASM.len() {
        bail!("the build has no WebAssembly");
    }
    let found = json!({
        "files": first.len(),
        "tarball": tarball,
        "packed": count,
        "wasm": wasm,
        "seconds": started.elapsed().as_secs(),
    });
    run::say(&format!("the same {} files from another folder, tarball {tarball}", first.len()));
    fs::write(here.join("target/reproducible.json"), format!("{found:#}\n"))?;
    Ok(())
}

fn generated(name: &str) -> String {
    format!("pkg/dist/generated/{name}")
}

/// A folder that is gone afterwards.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn new() -> Result<Self> {
        let place = env::temp_dir().join(format!("wxpay-elsewhere-{}", std::process::id()));
        fs::create_dir_all(&place)?;
        Ok(Elsewhere(place.canonicalize()?))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies what git knows or would add: no build, no packages.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = run::output(run::command("git", list).current_dir(from))?;
    for name in listed.split_terminator('\0') {
        let (source, copied) = (from.join(name), to.join(name));
        // One that was deleted and not yet committed.
        if !source.exists() {
            continue;
        }
        fs::create_dir_all(copied.parent().context("a file outside the project")?)?;
        fs::copy(&source, &copied).with_context(|| source.display().to_string())?;
    }
    Ok(())
}

/// Every file that a build writes but its own note of what it was made from.
fn files(root: &Path) -> Result<Files> {
    let mut found = Vec::new();
    for folder in ["pkg/dist", "www/dist"] {
        build::collect(&root.join(folder), &mut found)?;
    }
    let mut files = Files::new();
    for file in found {
        let name = file.strip_prefix(root)?.to_string_lossy().into_owned();
        if !name.ends_with(".stamp") {
            files.insert(name, build::hex(&Sha256::digest(fs::read(&file)?)));
        }
    }
    Ok(files)
}

/// What npm says of the tarball: its hash, and how many files are in it.
fn packed(root: &Path) -> Result<(String, usize)> {
    let mut pack = run::command("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"]);
    let said: Value = serde_json::from_str(&run::output(pack.current_dir(root.join("pkg")))?)?;
    // Newer versions of npm give the packages by name, older ones as a list.
    let package = match &said {
        Value::Array(list) => list.first(),
        Value::Object(map) => map.values().next(),
        _ => None,
    };
    let package = package.context("npm pack said nothing")?;
    let integrity = package["integrity"].as_str().context("npm pack gave no hash")?;
    Ok((integrity.to_owned(), package["files"].as_array().map_or(0, Vec::len)))
}
