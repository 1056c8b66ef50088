//! Every input that was found before, and then some near them, for a few seconds: no coverage leads the
//! way here, so that no more than cargo is needed.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};
use wxpay_fuzz::{TARGETS, Target, corpus, dice::Dice};

/// For each target; what is promised does not depend on it.
const NEAR: Duration = Duration::from_secs(5);

fn tried((name, run): Target) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{name}.txt"));
    let file = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let inputs: Vec<Vec<u8>> = corpus::read(&file).into_iter().collect();
    assert!(inputs.len() > 20, "{name}: {} inputs", inputs.len());
    for input in &inputs {
        run(input);
    }
    let (mut dice, end, mut count) = (Dice(0x9a0a_8659_f005_d698), Instant::now() + NEAR, 0);
    while Instant::now() < end {
        let mut input = dice.pick(&inputs).clone();
        dice.mutate(&mut input);
        run(&input);
        count += 1;
    }
    println!("{name}: {} inputs, {count} near them", inputs.len());
}

/// One after the other in each half: more threads would not be faster on two cores.
#[test]
fn no_input_breaks_a_promise() {
    let (one, other) = TARGETS.split_at(TARGETS.len() / 2);
    thread::scope(|scope| {
        for half in [one, other] {
            scope.spawn(|| half.iter().copied().for_each(tried));
        }
    });
}

#[test]
fn a_target_for_each_file_and_a_file_for_each_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<String> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut targets = TARGETS.map(|(name, _)| format!("{name}.txt"));
    targets.sort();
    assert_eq!(files, targets);
}
