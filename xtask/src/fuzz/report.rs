//! What a run of the fuzz targets did, as libFuzzer tells it.

use crate::run;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;

/// One target.
pub(super) struct Row {
    pub(super) target: String,
    pub(super) executions: u64,
    pub(super) crashes: usize,
    seconds: u64,
    edges: Option<u64>,
    inputs: Option<usize>,
    bytes: Option<usize>,
    slowest: Option<u64>,
    memory: u64,
}

impl Row {
    /// From what libFuzzer said, how long it took and what was kept: inputs, and bytes of their file.
    pub(super) fn new(
        target: &str,
        said: &str,
        seconds: u64,
        crashes: usize,
        (inputs, bytes): (usize, usize),
    ) -> Result<Self> {
        let after = |mark: &str| {
            let rest = said.rsplit_once(mark)?.1.trim_start();
            rest.split_whitespace().next()?.parse().ok()
        };
        let number = |mark: &str| after(mark).with_context(|| format!("{target} says no {mark}"));
        Ok(Row {
            target: target.to_owned(),
            executions: number("stat::number_of_executed_units:")?,
            crashes,
            seconds,
            edges: Some(number(" cov:")?),
            inputs: Some(inputs),
            bytes: Some(bytes),
            slowest: Some(number("stat::slowest_unit_time_sec:")?),
            memory: number("stat::peak_rss_mb:")?,
        })
    }

    /// From what the program at the border said: nothing is kept there, and no edges are counted.
    pub(super) fn of_border(said: &Value) -> Result<Self> {
        let number = |name: &str| said[name].as_u64();
        let crashes = usize::from(!said["fault"].is_null());
        Ok(Row {
            target: "border".to_owned(),
            executions: number("executions").context("the border says no executions")?,
            crashes,
            seconds: number("seconds").context("the border says no seconds")?,
            edges: None,
            inputs: None,
            bytes: None,
            slowest: None,
            memory: number("memory").context("the border says no memory")?,
        })
    }

    fn json(&self, commit: &str, rustc: &str) -> Value {
        json!({
            "target": self.target,
            "executions": self.executions,
            "minutes": minutes(self.seconds),
            "executions_per_second": self.executions / self.seconds.max(1),
            "edges": self.edges,
            "crashes": self.crashes,
            "slowest_input_seconds": self.slowest,
            "peak_memory_mb": self.memory,
            "corpus_inputs": self.inputs,
            "corpus_bytes": self.bytes,
            "commit": commit,
            "rustc": rustc,
        })
    }
}

/// With one decimal.
#[allow(clippy::cast_precision_loss)]
fn minutes(seconds: u64) -> f64 {
    (seconds as f64 / 6.0).round() / 10.0
}

/// Puts the rows in place of those that the report has of the same targets.
pub(super) fn write(rows: &[Row]) -> Result<()> {
    let page = run::root().join("fuzz/report.json");
    let commit = run::output(&mut run::command("git", ["rev-parse", "--short", "HEAD"]))?;
    let rustc = run::output(&mut run::command("rustc", ["--version"]))?;
    let mut all: Vec<Value> = match fs::read(&page) {
        Ok(before) => serde_json::from_slice(&before)?,
        Err(_) => Vec::new(),
    };
    all.retain(|known| !rows.iter().any(|row| known["target"] == *row.target));
    all.extend(rows.iter().map(|row| row.json(commit.trim(), rustc.trim())));
    all.sort_by_key(|row| row["target"].as_str().map(String::from));
    fs::write(&page, serde_json::to_string_pretty(&all)? + "\n")?;
    fs::write(page.with_extension("md"), markdown(&all))?;
    Ok(())
}

const HEAD: &str = "\
<!-- Written by `cargo xtask fuzz`. -->
# Fuzzing

Each target takes any bytes and fails where a promise of the library is broken; what the promises
are stands at the top of its file in `fuzz/src`. libFuzzer leads the way by coverage; sums that
overflow and debug assertions fail too. An input may take 25 seconds and 1 GB.

";

fn markdown(all: &[Value]) -> String {
    let columns = [
        "target",
        "minutes",
        "executions",
        "executions_per_second",
        "edges",
        "crashes",
        "slowest_input_seconds",
        "peak_memory_mb",
        "corpus_inputs",
        "corpus_bytes",
        "commit",
    ];
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = HEAD.to_owned();
    text += &line(columns.iter().map(|name| name.replace('_', " ")).collect());
    text += &line(columns.iter().map(|_| "---".to_owned()).collect());
    for row in all {
        let shown = |name: &&str| match &row[*name] {
            Value::String(text) => text.clone(),
            Value::Null => "–".to_owned(),
            value => value.to_string(),
        };
        text += &line(columns.iter().map(shown).collect());
    }
    let total = |name: &str| all.iter().filter_map(|row| row[name].as_u64()).sum::<u64>();
    text += &format!("\n{} executions, {} crashes.\n", total("executions"), total("crashes"));
    text
}
