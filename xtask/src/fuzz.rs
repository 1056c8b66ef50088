//! Looking for inputs that break a promise, led by coverage: libFuzzer on stable Rust, with the flags
//! that `cargo fuzz` would set.

#[allow(unreachable_pub, reason = "it belongs to another package too")]
#[path = "../../fuzz/src/corpus.rs"]
mod corpus;
mod report;

use crate::{build, npm, run, test};
use anyhow::{Context, Result, bail};
use report::Row;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
    time::Instant,
};

/// What one target may take of memory, in megabytes, and of time for one input, in seconds.
const LIMITS: [&str; 2] = ["-rss_limit_mb=1024", "-timeout=25"];

/// Runs the targets that are named, or all: `[TARGET…] [--minutes N] [--jobs N]`.
pub(crate) fn fuzz(words: &[&str]) -> Result<()> {
    let (mut minutes, mut jobs) = (30, thread::available_parallelism()?.get());
    let (known, mut targets) = (targets()?, Vec::new());
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        let mut number = || words.next().and_then(|text| text.parse().ok()).filter(|&n| n > 0);
        match word {
            "--minutes" => minutes = number().context("--minutes takes a number")?,
            "--jobs" => jobs = number().context("--jobs takes a number")?,
            name if known.iter().any(|target| target == name) => targets.push(name.to_owned()),
            name => bail!("no such target: {name}; there are {}", known.join(", ")),
        }
    }
    let targets = if targets.is_empty() { known } else { targets };
    let program = compile()?;
    if targets.iter().any(|target| target == BORDER) {
        npm::install_all()?;
        build::build()?;
    }
    run::say(&format!("{} targets, {minutes} minutes each, {jobs} at once", targets.len()));
    let queue = Mutex::new(targets.into_iter().rev().collect::<Vec<_>>());
    let rows = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                // No guard may live in the loop: it would keep the others waiting.
                let next = || queue.lock().ok().and_then(|mut queue| queue.pop());
                while let Some(target) = next() {
                    let seconds = minutes * 60;
                    let row = match target.as_str() {
                        BORDER => border(seconds),
                        _ => one(&program, &target, seconds),
                    };
                    if let Ok(mut rows) = rows.lock() {
                        rows.push(row);
                    }
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap_or_default().into_iter().collect::<Result<Vec<_>>>()?;
    let crashes: Vec<&str> =
        rows.iter().filter(|row| row.crashes > 0).map(|row| row.target.as_str()).collect();
    report::write(&rows)?;
    if crashes.is_empty() {
        return Ok(());
    }
    bail!("inputs that break a promise are in target/fuzz/crashes: {}", crashes.join(", "))
}

/// What `cargo xtask test` does: the inputs that were found before, and some near them.
pub(crate) fn check() -> Result<()> {
    run::say("fuzz targets, on their corpus and near it");
    let manifest = ["--manifest-path=fuzz/Cargo.toml"];
    run::shown(run::command("cargo", ["fmt"]).args(manifest).arg("--check"))?;
    for args in [
        ["clippy", "--quiet", "--locked", "--release"],
        ["test", "--quiet", "--locked", "--release"],
    ] {
        let mut cargo = run::command("cargo", args);
        cargo.args(manifest).env("CARGO_TARGET_DIR", folder(""));
        if args.contains(&"clippy") {
            cargo.args(["--all-targets", "--", "-D", "warnings"]);
        }
        run::shown(&mut cargo)?;
    }
    Ok(())
}

/// Each has a corpus; but the border has a seed.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(run::root().join("fuzz/corpus"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".txt").map(String::from));
    }
    names.sort();
    names.push(BORDER.to_owned());
    Ok(names)
}

fn folder(name: &str) -> PathBuf {
    run::root().join("target/fuzz").join(name)
}

/// The program with libFuzzer and counters in every branch.
fn compile() -> Result<PathBuf> {
    if run::output(&mut run::command("c++", ["--version"])).is_err() {
        test::debian(&["g++"], "libFuzzer is C++")?;
    }
    run::say("building the fuzz targets");
    let host = run::output(&mut run::command("rustc", ["--print", "host-tuple"]))?;
    let flags = [
        "--cfg=fuzzing",
        "-Cpasses=sancov-module",
        "-Cllvm-args=-sanitizer-coverage-level=4",
        "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
        "-Cllvm-args=-sanitizer-coverage-pc-table",
        "-Cllvm-args=-sanitizer-coverage-trace-compares",
        "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
        "-Ccodegen-units=1",
    ];
    let args = ["build", "--quiet", "--locked", "--release", "--features=libfuzzer"];
    let mut cargo = run::command("cargo", args);
    cargo.arg("--manifest-path=fuzz/Cargo.toml").arg("--target").arg(host.trim());
    cargo.env("CARGO_TARGET_DIR", folder("")).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    run::shown(&mut cargo)?;
    Ok(folder(host.trim()).join("release/wxpay-fuzz"))
}

/// The border into WebAssembly, from JavaScript's side: nothing leads the way there.
const BORDER: &str = "border";

fn border(seconds: usize) -> Result<Row> {
    let mut node = run::command("node", ["js-tests/border/run.mjs", "--seconds"]);
    let ended = node.arg(seconds.to_string()).stderr(std::process::Stdio::inherit()).output()?;
    fs::write(folder(BORDER).with_extension("log"), &ended.stdout)?;
    let row = Row::of_border(&serde_json::from_slice(&ended.stdout)?)?;
    run::say(&format!("{BORDER}: {} executions, {} crashes", row.executions, row.crashes));
    Ok(row)
}

/// Runs a target, and keeps the inputs that reach everything which all of them reach.
fn one(program: &Path, target: &str, seconds: usize) -> Result<Row> {
    let (corpus, crashes) = (folder("corpus").join(target), folder("crashes").join(target));
    for folder in [&corpus, &crashes] {
        fs::create_dir_all(folder)?;
    }
    // What broke a promise the last time is tried first.
    for entry in fs::read_dir(&crashes)? {
        let entry = entry?;
        fs::rename(entry.path(), corpus.join(entry.file_name()))?;
    }
    let file = run::root().join("fuzz/corpus").join(target).with_extension("txt");
    for (number, input) in corpus::read(&fs::read_to_string(&file)?).iter().enumerate() {
        fs::write(corpus.join(format!("known-{number}")), input)?;
    }
    let log = folder(target).with_extension("log");
    let mut fuzzer = fuzzer(program, target, &log)?;
    fuzzer.arg(format!("-artifact_prefix={}/", crashes.display()));
    fuzzer.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    // A search takes a thousand times as long as anything else, and longer for more fields.
    fuzzer.arg(if target == "search" { "-max_len=256" } else { "-max_len=4096" });
    let began = Instant::now();
    let ended = fuzzer.arg(&corpus).status()?;
    let seconds = began.elapsed().as_secs();
    let smallest = folder("smallest").join(target);
    if smallest.exists() {
        fs::remove_dir_all(&smallest)?;
    }
    fs::create_dir_all(&smallest)?;
    let merged = log.with_extension("merge.log");
    let mut merge = self::fuzzer(program, target, &merged)?;
    merge.args(["-set_cover_merge=1", "-use_counters=0"]).args([&smallest, &corpus]);
    if !merge.status()?.success() {
        bail!("{target}: the corpus could not be made small: {}", merged.display());
    }
    let mut inputs = BTreeSet::new();
    for entry in fs::read_dir(&smallest)? {
        inputs.insert(fs::read(entry?.path())?);
    }
    let written = corpus::written(&inputs);
    fs::write(&file, &written)?;
    let mut crashes = fs::read_dir(&crashes)?.count();
    if crashes == 0 && !ended.success() {
        crashes = 1;
    }
    let said = fs::read_to_string(&log)?;
    let row = Row::new(target, &said, seconds, crashes, (inputs.len(), written.len()))?;
    run::say(&format!("{target}: {} executions, {crashes} crashes", row.executions));
    Ok(row)
}

fn fuzzer(program: &Path, target: &str, log: &Path) -> Result<Command> {
    let mut fuzzer = Command::new(program);
    let tokens = run::root().join("fuzz/tokens.dict");
    fuzzer.env("FUZZ_TARGET", target).args(LIMITS).arg(format!("-dict={}", tokens.display()));
    let log = fs::File::create(log)?;
    fuzzer.stdout(log.try_clone()?).stderr(log);
    Ok(fuzzer)
}
