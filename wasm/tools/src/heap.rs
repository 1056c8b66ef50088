//! A heap of a few hundred bytes of code in place of the standard one's eight thousand: 3.3 KB less
//! of the module with gzip. The tools hold little at a time and hand it back after each call.
#![allow(unsafe_code)]

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

// SAFETY: the module is compiled without the `atomics` feature and its memory is not shared, so one
// thread alone can ever be inside it. Worker threads instantiate their own.
#[global_allocator]
static HEAP: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };
