//! One target under libFuzzer: its name is in the environment, because libFuzzer owns the arguments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::{env, sync::LazyLock};
use wxpay_fuzz::TARGETS;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = env::var("FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.into_iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("FUZZ_TARGET={name}: no such target")).1
});

fuzz_target!(|data: &[u8]| RUN(data));
