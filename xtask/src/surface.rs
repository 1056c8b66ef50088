//! The public surface of a crate, a line for each item, from rustdoc's JSON in format 45 (Rust 1.88).

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is public.
#[derive(Default)]
pub(crate) struct Surface {
    /// Each item with its signature, sorted.
    pub(crate) lines: BTreeSet<String>,
    /// Functions and types whose documentation has no example.
    pub(crate) without_example: Vec<String>,
}

/// Reads what `rustdoc --output-format json` wrote.
pub(crate) fn surface(json: &Value) -> Result<Surface> {
    ensure!(json["format_version"] == 45, "rustdoc wrote another format than that of Rust 1.88");
    let mut found = Surface::default();
    let root = item(json, &json["root"]).context("rustdoc's JSON has no root")?;
    module(json, root, text(&root["name"]), &mut found);
    Ok(found)
}

fn item<'j>(json: &'j Value, id: &Value) -> Option<&'j Value> {
    json["index"].get(id.to_string())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Kind and content of an item.
fn inner(item: &Value) -> (&str, &Value) {
    let kind = item["inner"].as_object().and_then(|inner| inner.iter().next());
    kind.map_or(("", &Value::Null), |(kind, content)| (kind.as_str(), content))
}

fn module(json: &Value, module: &Value, path: &str, found: &mut Surface) {
    found.lines.insert(format!("pub mod {path}"));
    for id in list(&module["inner"]["module"]["items"]) {
        let Some(mut member) = item(json, id).filter(|m| m["visibility"] == "public") else {
            continue;
        };
        let mut name = text(&member["name"]);
        if let ("use", content) = inner(member) {
            name = text(&content["name"]);
            match item(json, &content["id"]) {
                Some(target) => member = target,
                None => continue,
            }
        }
        entry(json, member, &format!("{path}::{name}"), found);
    }
}

fn entry(json: &Value, entry: &Value, path: &str, found: &mut Surface) {
    let (kind, content) = inner(entry);
    let generics = generics(&content["generics"]);
    let line = match kind {
        "module" => return module(json, entry, path, found),
        "function" => function(path, content),
        "constant" => format!("pub const {path}: {}", type_of(&content["type"])),
        "type_alias" => format!("pub type {path}{generics} = {}", type_of(&content["type"])),
        _ => format!("{}pub {kind} {path}{generics}", exhaustive(entry)),
    };
    found.lines.insert(line);
    let example = text(&entry["docs"]).contains("```");
    if matches!(kind, "function" | "struct" | "enum" | "type_alias" | "trait") && !example {
        found.without_example.push(path.to_owned());
    }
    let fields = &content["kind"];
    for id in list(&fields["plain"]["fields"]).iter().chain(list(&fields["tuple"])) {
        if let Some(field) = item(json, id).filter(|field| field["visibility"] == "public") {
            let kind = type_of(&field["inner"]["struct_field"]);
            found.lines.insert(format!("pub {path}::{}: {kind}", text(&field["name"])));
        }
    }
    for variant in list(&content["variants"]).iter().filter_map(|id| item(json, id)) {
        let kind = &variant["inner"]["variant"]["kind"];
        let member = |id: &Value| {
            let field = item(json, id);
            let kind = field.map(|f| type_of(&f["inner"]["struct_field"])).unwrap_or_default();
            format!("{}: {kind}", field.map(|f| text(&f["name"])).unwrap_or_default())
        };
        let fields = list(&kind["struct"]["fields"]).iter().chain(list(&kind["tuple"]));
        let fields: Vec<String> = fields.map(member).collect();
        let fields =
            if fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields.join(", ")) };
        let name = text(&variant["name"]);
        found.lines.insert(format!("pub {path}::{name}{fields}"));
    }
    for block in list(&content["impls"]).iter().filter_map(|id| item(json, id)) {
        implementation(json, &block["inner"]["impl"], path, found);
    }
}

fn implementation(json: &Value, block: &Value, path: &str, found: &mut Surface) {
    if block["is_synthetic"] == true || !block["blanket_impl"].is_null() {
        return;
    }
    if !block["trait"].is_null() {
        let name = path_of(&block["trait"]);
        if name != "StructuralPartialEq" {
            found.lines.insert(format!("impl {name} for {path}"));
        }
        return;
    }
    for member in list(&block["items"]).iter().filter_map(|id| item(json, id)) {
        let name = format!("{path}::{}", text(&member["name"]));
        match inner(member) {
            _ if member["visibility"] != "public" => {}
            ("function", content) => {
                found.lines.insert(function(&name, content));
            }
            (_, content) => {
                found.lines.insert(format!("pub const {name}: {}", type_of(&content["type"])));
            }
        }
    }
}

fn exhaustive(item: &Value) -> &'static str {
    let marked = list(&item["attrs"]).iter().any(|attr| text(attr).contains("non_exhaustive"));
    if marked { "#[non_exhaustive] " } else { "" }
}

fn function(path: &str, content: &Value) -> String {
    let constant = if content["header"]["is_const"] == true { "const " } else { "" };
    let argument = |pair: &Value| format!("{}: {}", text(&pair[0]), type_of(&pair[1]));
    let inputs: Vec<String> = list(&content["sig"]["inputs"]).iter().map(argument).collect();
    let output = match &content["sig"]["output"] {
        Value::Null => String::new(),
        output => format!(" -> {}", type_of(output)),
    };
    let conditions: Vec<String> = list(&content["generics"]["where_predicates"])
        .iter()
        .map(|one| {
            let bound = &one["bound_predicate"];
            format!("{}: {}", type_of(&bound["type"]), bounds(&bound["bounds"]))
        })
        .collect();
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", conditions.join(", "))
    };
    let generics = generics(&content["generics"]);
    format!("pub {constant}fn {path}{generics}({}){output}{conditions}", inputs.join(", "))
}

fn generics(generics: &Value) -> String {
    let shown = |param: &Value| {
        let kind = &param["kind"]["type"];
        // What stands for `impl Trait` is shown where it stands.
        if kind["is_synthetic"] == true {
            return None;
        }
        let bounds = bounds(&kind["bounds"]);
        let name = text(&param["name"]);
        Some(if bounds.is_empty() { name.to_owned() } else { format!("{name}: {bounds}") })
    };
    let params: Vec<String> = list(&generics["params"]).iter().filter_map(shown).collect();
    if params.is_empty() { String::new() } else { format!("<{}>", params.join(", ")) }
}

fn bounds(bounds: &Value) -> String {
    let bound = |bound: &Value| match bound.get("outlives") {
        Some(lifetime) => text(lifetime).to_owned(),
        None => {
            let modifier = if bound["trait_bound"]["modifier"] == "maybe" { "?" } else { "" };
            format!("{modifier}{}", path_of(&bound["trait_bound"]["trait"]))
        }
    };
    list(bounds).iter().map(bound).collect::<Vec<_>>().join(" + ")
}

fn path_of(path: &Value) -> String {
    let name = text(&path["path"]).rsplit("::").next().unwrap_or_default();
    format!("{name}{}", arguments(&path["args"]))
}

fn arguments(args: &Value) -> String {
    if let Some(call) = args.get("parenthesized") {
        let inputs: Vec<String> = list(&call["inputs"]).iter().map(type_of).collect();
        let output = &call["output"];
        let output =
            if output.is_null() { String::new() } else { format!(" -> {}", type_of(output)) };
        return format!("({}){output}", inputs.join(", "));
    }
    let args = &args["angle_bracketed"];
    let one = |arg: &Value| match arg.get("lifetime") {
        Some(lifetime) => text(lifetime).to_owned(),
        None => type_of(&arg["type"]),
    };
    let bound = |bound: &Value| {
        format!("{} = {}", text(&bound["name"]), type_of(&bound["binding"]["equality"]["type"]))
    };
    let all: Vec<String> = list(&args["args"])
        .iter()
        .map(one)
        .chain(list(&args["constraints"]).iter().map(bound))
        .collect();
    if all.is_empty() { String::new() } else { format!("<{}>", all.join(", ")) }
}

fn type_of(kind: &Value) -> String {
    let Some((kind, content)) = kind.as_object().and_then(|kind| kind.iter().next()) else {
        return text(kind).to_owned();
    };
    let several = |types: &Value| list(types).iter().map(type_of).collect::<Vec<_>>().join(", ");
    match kind.as_str() {
        "resolved_path" => path_of(content),
        "primitive" | "generic" => text(content).to_owned(),
        "slice" => format!("[{}]", type_of(content)),
        "array" => format!("[{}; {}]", type_of(&content["type"]), text(&content["len"])),
        "tuple" => format!("({})", several(content)),
        "impl_trait" => format!("impl {}", bounds(content)),
        "dyn_trait" => {
            let traits = list(&content["traits"]).iter().map(|one| path_of(&one["trait"]));
            let lifetime = content["lifetime"].as_str().map(str::to_owned);
            format!("dyn {}", traits.chain(lifetime).collect::<Vec<_>>().join(" + "))
        }
        "borrowed_ref" => {
            let lifetime =
                content["lifetime"].as_str().map(|l| format!("{l} ")).unwrap_or_default();
            let mutable = if content["is_mutable"] == true { "mut " } else { "" };
            format!("&{lifetime}{mutable}{}", type_of(&content["type"]))
        }
        "qualified_path" => {
            format!("{}::{}", type_of(&content["self_type"]), text(&content["name"]))
        }
        // Nothing else is public here; what is new shows itself.
        _ => content.to_string(),
    }
}
