//! The endpoint that CONTRIBUTING.md adds to the table is read, checked and typed like the others.

use crate::{api, run};
use std::fs;
use wxpay_core::{ErrorCode, Fields, endpoint::Endpoint};

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

    let own = Fields::from_pairs([("parking_id", "P1")]).expect("fields");
    let missing = endpoint.check(&Fields::new()).expect_err("a field is missing");
    assert_eq!(missing.code(), ErrorCode::FieldMissing);
    endpoint.check(&own).expect("all that is required is there");
    let long = "x".repeat(33);
    let long = Fields::from_pairs([("parking_id", long.as_str())]).expect("fields");
    assert_eq!(endpoint.check(&long).expect_err("too long").code(), ErrorCode::FieldLimit);

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
