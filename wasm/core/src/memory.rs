//! The buffers in linear memory, and all the unsafe code of this module.
//!
//! Invariants:
//! - The module has one thread and imports nothing, so no export runs while another one does: the
//!   references handed out here live for one call, and [`desk`] and [`buffers`] give disjoint parts.
//! - [`buffers`] splits one region into input and text; the region is either the static one or
//!   pages that [`reserve`] got from `memory.grow` and that nobody else knows of.
#![allow(unsafe_code)]

use core::{cell::UnsafeCell, ptr};
use wxpay_core::{
    dictionary,
    digest::{BLOCK, Keyed, PADDING},
    sheet::Sheet,
};

/// The longest key that is taken here, in bytes: one that HMAC need not hash first.
const KEY_BYTES: usize = BLOCK;
/// The largest message that fits without growing the memory, in bytes.
const INPUT_BYTES: usize = 64 * 1024;
/// What the string to sign may need beside the message: the key with its prefix, and the padding.
const MARGIN: usize = KEY_BYTES + 8 + PADDING;
const PAGE: usize = 64 * 1024;

/// What stays between calls.
pub(crate) struct Desk {
    pub(crate) sheet: Sheet,
    /// The HMAC state of the key with this number.
    pub(crate) keyed: Option<(u32, Keyed)>,
    pub(crate) key: [u8; KEY_BYTES],
    pub(crate) out: [u8; 64],
}

struct Region {
    start: *mut u8,
    capacity: usize,
}

struct OneThread<T>(UnsafeCell<T>);

// SAFETY: WebAssembly without threads.
unsafe impl<T> Sync for OneThread<T> {}

static DESK: OneThread<Desk> = OneThread(UnsafeCell::new(Desk {
    sheet: Sheet::new(),
    keyed: None,
    key: [0; KEY_BYTES],
    out: [0; 64],
}));
static STATIC: OneThread<[u8; 2 * INPUT_BYTES + MARGIN]> =
    OneThread(UnsafeCell::new([0; 2 * INPUT_BYTES + MARGIN]));
static REGION: OneThread<Region> =
    OneThread(UnsafeCell::new(Region { start: ptr::null_mut(), capacity: INPUT_BYTES }));

fn region() -> &'static mut Region {
    // SAFETY: see the invariants.
    let region = unsafe { &mut *REGION.0.get() };
    if region.start.is_null() {
        region.start = STATIC.0.get().cast();
    }
    region
}

/// What stays between calls.
pub(crate) fn desk() -> &'static mut Desk {
    // SAFETY: see the invariants.
    unsafe { &mut *DESK.0.get() }
}

/// The input, as long as the message, and the place for the string to sign.
pub(crate) fn buffers(length: u32) -> Option<(&'static mut [u8], &'static mut [u8])> {
    let region = region();
    let length = length as usize;
    if length > region.capacity {
        return None;
    }
    // SAFETY: the region has 2 * capacity + MARGIN bytes, initialised, and the parts do not overlap.
    unsafe {
        let text = region.start.add(region.capacity);
        Some((
            core::slice::from_raw_parts_mut(region.start, length),
            core::slice::from_raw_parts_mut(text, region.capacity + MARGIN),
        ))
    }
}

/// Zeros, word by word and without a call.
pub(crate) fn wipe(bytes: &mut [u8]) {
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = [0; 8];
    }
    for byte in rest {
        *byte = 0;
    }
}

/// Where a buffer starts: 0 input, 1 key, 2 entries, 3 digits, 4 order, 5 names, 6 text.
#[unsafe(no_mangle)]
pub extern "C" fn place(which: u32) -> *const u8 {
    let desk = desk();
    match which {
        0 => region().start,
        1 => desk.key.as_ptr(),
        2 => desk.sheet.first_entry().cast(),
        3 => desk.out.as_ptr(),
        4 => desk.sheet.first_of_order().cast(),
        5 => dictionary::NAMES.as_ptr(),
        // SAFETY: inside the region.
        _ => unsafe { region().start.add(region().capacity) },
    }
}

/// How many bytes the names take.
#[unsafe(no_mangle)]
pub extern "C" fn names() -> u32 {
    dictionary::NAMES.len() as u32
}

/// Makes room for a message of so many bytes: 1, or 0 when there is no memory. Every place and view
/// is void afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: u32) -> u32 {
    let region = region();
    let length = length as usize;
    if length <= region.capacity {
        return 1;
    }
    let Some(bytes) = length.checked_mul(2).and_then(|n| n.checked_add(MARGIN)) else { return 0 };
    let first = core::arch::wasm32::memory_grow(0, bytes.div_ceil(PAGE));
    if first == usize::MAX {
        return 0;
    }
    *region = Region { start: (first * PAGE) as *mut u8, capacity: length };
    1
}

/// Nothing here allocates; what links an allocator in is not called.
struct NoAllocator;

// SAFETY: it never returns memory.
unsafe impl core::alloc::GlobalAlloc for NoAllocator {
    unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 {
        ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}
}

#[global_allocator]
static NONE: NoAllocator = NoAllocator;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
