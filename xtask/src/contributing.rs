//! The endpoint that CONTRIBUTING.md adds to the table is read, checked and typed like the others.

use crate::{api, run};
use std::fs;
use wxpay_core::{ErrorCode, Fields, Key, endpoint::Endpoint};

/// The lines of the block, with those of the sets that it names.
fn expanded(text: &str, sets: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        match line.trim_start().strip_prefix('+') {
            Some(name) => {
                let head = format!("\nset {name}\n");
                let set = sets.split_once(&head).expect(name).1;
                let own: Vec<&str> = set.lines().take_while(|line| line.starts_with(' ')).collect();
                lines.push_str(&expanded(&own.join("\n"), sets));
            }
            None => {
                lines.push_str(line);
                lines.push('\n');
            }
        }
    }
    lines
}

#[test]
fn the_endpoint_of_the_walk_is_checked_and_typed() {
    let read = |file: &str| fs::read_to_string(run::root().join(file)).expect(file);
    let page = read("CONTRIBUTING.md");
    let block = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let sets = format!("\n{}", read("src/endpoint/table/sets.txt"));
    let text = expanded(block.expect("a block of text"), &sets);
    let endpoint = Endpoint::parse(&text).expect("the table reads it");
    assert_eq!((endpoint.name, endpoint.path), ("parkingQuery", "/pay/parkingquery"));

    let settings = [
        ("appid", "wxd930ea5d5a258f4f"),
        ("mch_id", "1900000109"),
        ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
    ];
    let settings = Fields::from_pairs(settings).expect("settings");
    let key = Key::new("192006250b4c09247ec02edce69f6a2d").expect("a key");
    let send = |given: &[(&str, &str)]| {
        let given = Fields::from_pairs(given.iter().copied()).expect("fields");
        endpoint.prepare(&settings, &given, Some(&key)).map(|ready| ready.message)
    };
    assert_eq!(send(&[]).expect_err("a field is missing").code(), ErrorCode::FieldMissing);
    let long = "x".repeat(33);
    let long = send(&[("parking_id", &long)]).expect_err("too long");
    assert_eq!(long.code(), ErrorCode::FieldLimit);
    let message = send(&[("parking_id", "P1")]).expect("all that is required is there");
    assert!(message.contains("P1") && message.contains("<sign>"), "{message}");

    let question = endpoint.sample_request().expect("a request of its examples");
    let answer = endpoint.sample_answer(&question).expect("an answer of its examples");
    assert_eq!(answer.get("parking_state"), Some("PARKED"));

    let mut ts = String::new();
    api::request(&mut ts, &endpoint).expect("the type of the request");
    api::answer(&mut ts, &endpoint).expect("the type of the answer");
    api::method(&mut ts, &endpoint, endpoint.name).expect("the method");
    assert!(ts.contains("parking_id: string"), "{ts}");
    assert!(ts.contains("parkingQuery<const R extends ParkingQueryRequest>"), "{ts}");
}

/// The words in backticks from one text to another.
fn words<'a>(page: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let text = page.split_once(from).and_then(|(_, rest)| rest.split_once(to)).expect(from).0;
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_table_knows_every_need_and_kind_of_the_page() {
    let page = fs::read_to_string(run::root().join("CONTRIBUTING.md")).expect("the page");
    let needs = words(&page, "Needs of a request:", "Kinds:");
    let kinds = words(&page, "Kinds:", "`certificate`");
    assert!(needs.len() > 8 && kinds.len() > 8, "{needs:?} {kinds:?}");
    for need in needs {
        for kind in &kinds {
            let row = format!("a {need} {kind} what it means e.g. 1");
            let text = format!("endpoint a POST /a\n  title a\n  request\n    {row}\n");
            let endpoint = Endpoint::parse(&text).unwrap_or_else(|error| panic!("{row}: {error}"));
            assert_eq!(endpoint.request.len(), 1, "{row}");
        }
    }
}
