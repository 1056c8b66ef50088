//! Mutations of messages, the same in every run; for the tests and the fuzz targets.

/// xorshift64*: the same mutations in every run.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Changes the body in one to four places.
    pub fn mutate(&mut self, body: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(body.len() + 1);
            let to = (at + self.below(12)).min(body.len());
            match self.below(7) {
                0 => drop(body.drain(at..to)),
                1 => drop(body.splice(at..at, self.pick(&TOKENS).bytes())),
                2 => drop(body.splice(at..to, self.pick(&TOKENS).bytes())),
                3 => {
                    let part = body[at..to].to_vec();
                    let place = self.below(body.len() + 1);
                    drop(body.splice(place..place, part));
                }
                4 => {
                    if let Some(byte) = body.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                5 => {
                    if let Some(byte) = body.get_mut(at) {
                        *byte = self.below(128) as u8;
                    }
                }
                _ => body.truncate(body.len() - self.below(4).min(body.len())),
            }
        }
    }
}

/// What the grammar turns on.
pub const TOKENS: [&str; 44] = [
    "<",
    ">",
    "/",
    "&",
    ";",
    "#",
    "x",
    "!",
    "?",
    "-",
    "[",
    "]",
    "=",
    "\"",
    "'",
    ":",
    " ",
    "\n",
    "\r",
    "\t",
    "</",
    "/>",
    "<a>",
    "</a>",
    "<a/>",
    "<xml>",
    "</xml>",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?",
    "?>",
    "&amp;",
    "&#65;",
    "&#x4e2d;",
    "&lt;",
    "\u{feff}",
    "\u{a0}",
    "\u{3000}",
    "中",
    "\0",
    "a",
    "0",
];
