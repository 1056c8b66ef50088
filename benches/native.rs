//! What the WebAssembly module does, natively: `cargo bench -p wxpay-benches -- calls.json`.
//!
//! Reads what `calls.mjs` makes and prints nanoseconds per call as JSON. The same steps on the same
//! sheet as in `wasm/core`, but the key is not put in and wiped for each call. Every message is tried
//! once before: nobody is timed for a wrong answer.

use serde_json::{Map, Value, json};
use std::{
    error::Error,
    fs::File,
    hint::black_box,
    io::BufReader,
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;
use wxpay_core::{
    SignType,
    digest::{self, Keyed},
    sheet::Sheet,
    text,
    xml::Limits,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Batch = Box<dyn FnMut(usize)>;
type Call = fn(&mut Desk, &mut [u8]) -> Option<i64>;

const BATCH: Duration = Duration::from_millis(3);
const ROUNDS: usize = 60;

struct Cell {
    id: String,
    run: Batch,
    count: usize,
    times: Vec<f64>,
}

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let Some(path) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")) else {
        return Err("the path of the calls is needed; benches/run.mjs writes them".into());
    };
    let given: Value = serde_json::from_reader(BufReader::new(File::open(path)?))?;
    let key = string(&given["key"])?.as_bytes();
    let burst = given["burst"].as_u64().ok_or("the length of a burst was expected")? as usize;
    let mut cells = Vec::new();
    for workload in list(&given["workloads"])? {
        let id = string(&workload["id"])?.to_owned();
        let run = batch(workload, key, burst).map_err(|error| format!("{id}: {error}"))?;
        cells.push(Cell { id, run, count: 1, times: Vec::new() });
    }
    for cell in &mut cells {
        cell.calibrate();
    }
    for _ in 0..ROUNDS {
        for cell in &mut cells {
            let time = cell.time();
            cell.times.push(time.as_nanos() as f64 / cell.count as f64);
        }
    }
    let results: Map<String, Value> =
        cells.iter_mut().map(|cell| (cell.id.clone(), cell.summary())).collect();
    println!("{}", Value::Object(results));
    Ok(())
}

impl Cell {
    fn time(&mut self) -> Duration {
        let start = Instant::now();
        (self.run)(self.count);
        start.elapsed()
    }

    fn calibrate(&mut self) {
        while self.time() < BATCH {
            self.count *= 2;
        }
        let time = self.time().as_secs_f64();
        self.count = ((self.count as f64 * BATCH.as_secs_f64() / time) as usize).max(1);
    }

    fn summary(&mut self) -> Value {
        self.times.sort_by(f64::total_cmp);
        let quantile = |q: usize| self.times.get(self.times.len() * q / 100).copied();
        json!({ "median": quantile(50), "p10": quantile(10) })
    }
}

/// What the module keeps between calls.
struct Desk {
    sheet: Sheet,
    key: Vec<u8>,
    keyed: Option<Keyed>,
    /// Where the string to sign is put together.
    text: Vec<u8>,
    out: [u8; 64],
    sign_type: SignType,
    cdata: bool,
}

const LIMITS: Limits = Limits { bytes: 4 << 20, ..Limits::DEFAULT };
const MISMATCH: i64 = -2;

impl Desk {
    fn parse(&mut self, message: &mut [u8]) -> Option<i64> {
        self.sheet.read_xml(message, LIMITS, false).ok()?;
        Some(self.sheet.entries().len() as i64)
    }

    fn open(&mut self, message: &mut [u8]) -> Option<i64> {
        let count = self.parse(message)?;
        let (used, claimed) = self.sheet.claim(message, self.sign_type).ok()?;
        let end = self.sheet.write_string(message, &mut self.text)?;
        let digits = self.finish(end, used)?;
        let holds = self.out.get(..digits)?.ct_eq(claimed);
        Some(if bool::from(holds) { count } else { MISMATCH })
    }

    /// The text holds the string already, as it does when JavaScript puts it together.
    fn seal(&mut self, message: &mut [u8]) -> Option<i64> {
        let end = message.len() + 1;
        let string = self.text.get(1..end)?;
        if !text::is_plain(string) || self.cdata && !text::fits_cdata(string) {
            return None;
        }
        self.finish(end, self.sign_type).map(|digits| digits as i64)
    }

    fn finish(&mut self, mut end: usize, used: SignType) -> Option<usize> {
        let Desk { key, keyed, text, out, .. } = self;
        for part in [digest::KEY_PREFIX, key] {
            if !text::copy(part, 0, part.len(), text, end) {
                return None;
            }
            end += part.len();
        }
        let digits = digest::digits(
            text.get_mut(1..)?,
            end - 1,
            used,
            || &*keyed.get_or_insert_with(|| Keyed::of_block(key)),
            out,
        );
        let count = digits.len();
        text.get_mut(end - key.len()..end)?.fill(0);
        Some(count)
    }

    fn put(&mut self, message: &[u8]) {
        if let Some(place) = self.text.get_mut(1..=message.len()) {
            place.copy_from_slice(message);
        }
    }
}

/// A closure that runs the workload a number of times, `burst` times with each message.
fn batch(workload: &Value, key: &[u8], burst: usize) -> Result<Batch> {
    let flag = |name: &str| workload[name].as_bool().unwrap_or_default();
    let mut messages = list(&workload["messages"])?
        .iter()
        .map(|message| Ok(string(message)?.into()))
        .collect::<Result<Vec<Vec<u8>>>>()?;
    let longest = messages.iter().map(Vec::len).max().unwrap_or_default();
    let mut desk = Desk {
        sheet: Sheet::new(),
        key: key.to_vec(),
        keyed: None,
        text: vec![0; longest + key.len() + 8 + digest::PADDING],
        out: [0; 64],
        sign_type: if flag("hmac") { SignType::HmacSha256 } else { SignType::Md5 },
        cdata: flag("cdata"),
    };
    let call: Call = match string(&workload["call"])? {
        "parse" => Desk::parse,
        "open" => Desk::open,
        "seal" => Desk::seal,
        other => return Err(format!("no such call: {other}").into()),
    };
    for (message, expected) in messages.iter_mut().zip(list(&workload["answers"])?) {
        desk.put(message);
        let answer = call(&mut desk, message);
        let right = match expected.as_str() {
            Some(digits) => desk.out.get(..digits.len()) == Some(digits.as_bytes()),
            None => answer == expected.as_i64(),
        };
        if answer.is_none() || !right {
            return Err("another result than in JavaScript".into());
        }
    }
    let mut next = 0;
    Ok(Box::new(move |count| {
        for _ in 0..count {
            let at = next / burst;
            if let Some(message) = messages.get_mut(at) {
                if next % burst == 0 {
                    desk.put(message);
                }
                black_box(call(&mut desk, black_box(message)));
            }
            next = (next + 1) % (messages.len() * burst);
        }
    }))
}

fn string(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| "a string was expected in the messages".into())
}

fn list(value: &Value) -> Result<&[Value]> {
    Ok(value.as_array().ok_or("a list was expected in the messages")?)
}
