//! From Rust to the npm package: compile, bind, optimise, embed, bundle.

use crate::{generate, npm, reference, run};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// Features of the WebAssembly that every runtime since Node 16 loads. binaryen's `--all-features`
/// writes modules that Node 20 refuses.
const FEATURES: [&str; 5] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
];

/// Builds `pkg/dist`, or finds that it is up to date, and writes the two pages of `www/dist`.
pub(crate) fn build() -> Result<()> {
    npm::install()?;
    reference::write()?;
    package()?;
    run::shown(&mut run::command("node", ["www/build.mjs"]))
}

fn package() -> Result<()> {
    let [core, tools, doctor] = compile()?;
    let package = run::root().join("pkg");
    let inputs = digest(inputs([&core, &tools, &doctor], &package)?);
    let stamp = package.join("dist/.stamp");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == inputs) {
        return Ok(());
    }
    run::say("building the npm package (pkg/dist)");
    let generated = package.join("dist/generated");
    if package.join("dist").exists() {
        fs::remove_dir_all(package.join("dist"))?;
    }
    fs::create_dir_all(&generated)?;
    // The hot calls: numbers only, so there is nothing to bind.
    let fast = ["-O3", "--converge", "--reorder-locals", "--reorder-functions"];
    optimise(&fs::read(&core)?, &fast, &generated.join("core.wasm"))?;
    let small = ["-Oz", "--converge", "--reorder-locals", "--reorder-functions"];
    bind("tools", &tools, &small, &generated)?;
    bind("doctor", &doctor, &["--flatten", "--rereloop", "-Oz", "-Oz"], &generated)?;
    generate::write(&generated)?;
    run::shown(&mut run::command("node", ["pkg/build.mjs"]))?;
    fs::write(stamp, inputs)?;
    Ok(())
}

/// The hexadecimal SHA-256 of the parts.
pub(crate) fn digest(parts: impl IntoIterator<Item = Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whatever decides how the package looks.
fn inputs(compiled: [&Path; 3], package: &Path) -> Result<Vec<Vec<u8>>> {
    let root = run::root();
    let mut files = vec![
        compiled[0].to_path_buf(),
        compiled[1].to_path_buf(),
        compiled[2].to_path_buf(),
        root.join("package-lock.json"),
        package.join("package.json"),
        package.join("tsconfig.json"),
        package.join("build.mjs"),
        // What this program itself does to the files.
        std::env::current_exe()?,
    ];
    collect(&package.join("src"), &mut files)?;
    files.iter().map(|file| fs::read(file).with_context(|| file.display().to_string())).collect()
}

pub(crate) fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Compiles the binding crates; cargo knows whether there is anything to do.
fn compile() -> Result<[PathBuf; 3]> {
    let installed = run::output(&mut run::command("rustup", ["target", "list", "--installed"]))?;
    if !installed.lines().any(|line| line == TARGET) {
        run::say("rustup target add wasm32-unknown-unknown");
        run::shown(&mut run::command("rustup", ["target", "add", TARGET]))?;
    }
    let root = run::root();
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let sysroot = run::output(&mut run::command("rustc", ["--print", "sysroot"]))?;
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec![
        "--cfg=getrandom_backend=\"custom\"".to_owned(),
        // Refund notifications are few and short.
        "--cfg=aes_backend_soft=\"compact\"".to_owned(),
        // Smaller, and loads on Node 16.
        "-Ctarget-feature=-reference-types,-multivalue".to_owned(),
        // The same bytes from any folder.
        remap(&root, "wxpay"),
        remap(Path::new(sysroot.trim()), "rust"),
    ];
    // Each registry has a folder here with its host and a hash in the name, which differ behind a
    // mirror.
    for registry in home.join("registry/src").read_dir().into_iter().flatten() {
        flags.push(remap(&registry?.path(), "registry"));
    }
    // One at a time: together they would share the features of what they depend on.
    let module = |name: &str, profile: &str| -> Result<PathBuf> {
        let mut cargo = run::command("cargo", ["build", "--quiet", "--locked"]);
        cargo
            .arg(format!("--package=wxpay-wasm-{name}"))
            .arg(format!("--profile={profile}"))
            .arg(format!("--target={TARGET}"))
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            // The workspace's folder, wherever the outer cargo put its own files.
            .env("CARGO_TARGET_DIR", root.join("target"));
        run::shown(&mut cargo)?;
        let file = format!("wxpay_wasm_{name}.wasm");
        Ok(root.join("target").join(TARGET).join(profile).join(file))
    };
    let core = module("core", "wasm")?;
    Ok([core, module("tools", "wasm-tools")?, module("doctor", "wasm-doctor")?])
}

/// The JavaScript glue and the optimised bytes of a module.
fn bind(name: &str, compiled: &Path, passes: &[&str], out: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(compiled)
        .out_name(name)
        .web(true)
        .map_err(|e| anyhow::anyhow!("{e}"))?
        .typescript(true)
        // The bytes are embedded: the glue must not look for a file beside it.
        .omit_default_module_path(true)
        // After a trap the loader makes a fresh instance.
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .map_err(|e| anyhow::anyhow!("{e}"))?;
    fs::write(out.join(format!("{name}.js")), output.js())?;
    fs::write(out.join(format!("{name}.d.ts")), output.ts().unwrap_or_default())?;
    optimise(&output.wasm_mut().emit_wasm(), passes, &out.join(format!("{name}.wasm")))
}

fn optimise(wasm: &[u8], passes: &[&str], out: &Path) -> Result<()> {
    let raw = out.with_extension("raw");
    fs::write(&raw, wasm)?;
    run::shown(
        run::command("node", ["node_modules/binaryen/bin/wasm-opt", "--strip-debug"])
            .args(passes)
            .args(FEATURES)
            .arg("--strip-producers")
            .arg("--strip-target-features")
            .arg(&raw)
            .arg("-o")
            .arg(out),
    )?;
    fs::remove_file(raw)?;
    let bytes = fs::read(out)?;
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let hash = hex(&Sha256::digest(&bytes));
    run::say(&format!("{name}: {} bytes, sha256 {hash}", bytes.len()));
    Ok(())
}
