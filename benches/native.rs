//! The same work natively, as the limit: `cargo bench --bench native -- messages.json`.
//!
//! Reads the messages that `messages.mjs` makes and prints nanoseconds per call as JSON. Fields are
//! made before the clock starts; what a parser returns is dropped while it runs. Every message is
//! tried once before: nobody is timed for an error.

use serde_json::{Map, Value, json};
use std::{
    error::Error,
    fs::File,
    hint::black_box,
    io::{BufReader, Read},
    time::{Duration, Instant},
};
use wxpay_core::{
    Fields, Key, SignType, client_pay, nonce, parse_signed, sign, signed_xml, verify, xml,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Batch = Box<dyn FnMut(usize)>;

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
        return Err("the path of the messages is needed; benches/run.mjs writes them".into());
    };
    let messages: Value = serde_json::from_reader(BufReader::new(File::open(path)?))?;
    let key = Key::new(text(&messages["key"])?)?;
    let appid = text(&messages["appid"])?.to_owned();
    let mut cells = Vec::new();
    for workload in list(&messages["workloads"])? {
        if let Some(run) = operation(workload, &key, &appid)? {
            let id = text(&workload["id"])?.to_owned();
            cells.push(Cell { id, run, count: 1, times: Vec::new() });
        }
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

/// A closure that runs the workload a number of times; `None` for one that Rust has not.
fn operation(workload: &Value, key: &Key, appid: &str) -> Result<Option<Batch>> {
    let op = text(&workload["op"])?;
    let inputs = list(&workload["inputs"])?;
    let key = key.clone();
    let signing = |run: fn(&Fields, &Key) -> bool| -> Result<Option<Batch>> {
        let messages = inputs.iter().map(fields).collect::<Result<Vec<_>>>()?;
        let key = key.clone();
        over(messages, move |message| run(message, &key))
    };
    let reading = |run: fn(&[u8], &[Key]) -> bool| -> Result<Option<Batch>> {
        let bodies =
            inputs.iter().map(|v| Ok(text(v)?.into())).collect::<Result<Vec<Vec<u8>>>>()?;
        let keys = [key.clone()];
        over(bodies, move |body| run(body, &keys))
    };
    match op {
        "sign" => signing(|fields, key| done(sign(fields, key, SignType::Md5))),
        "signHmac" => signing(|fields, key| done(sign(fields, key, SignType::HmacSha256))),
        "verify" => signing(|fields, key| done(verify(fields, key, SignType::Md5))),
        "signBuild" => signing(|fields, key| done(signed_xml(fields, key, SignType::Md5))),
        "parseBytes" | "parseString" => reading(|body, _| done(xml::parse(body))),
        "parseVerifyBytes" | "parseVerifyString" => {
            reading(|body, keys| done(parse_signed(body, keys, SignType::Md5)))
        }
        "parseVerifyHmac" => {
            reading(|body, keys| done(parse_signed(body, keys, SignType::HmacSha256)))
        }
        "reject" => reading(|body, keys| !done(parse_signed(body, keys, SignType::Md5))),
        "resign" => resign(inputs, key, appid.to_owned()),
        "nonce" => Ok(random().map(|mut random| -> Batch {
            Box::new(move |count| {
                for _ in 0..count {
                    drop(black_box(nonce(|bytes| random.read_exact(bytes))));
                }
            })
        })),
        _ => Ok(None),
    }
}

/// With a fresh nonce and the time, as a server does it.
fn resign(inputs: &[Value], key: Key, appid: String) -> Result<Option<Batch>> {
    let ids = inputs.iter().map(|v| Ok(text(v)?.to_owned())).collect::<Result<Vec<_>>>()?;
    let Some(mut random) = random() else { return Ok(None) };
    over(ids, move |id| {
        let Ok(nonce) = nonce(|bytes| random.read_exact(bytes)) else { return false };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let prepaid = client_pay::Prepaid {
            appid: &appid,
            prepay_id: id,
            timestamp: now.map_or(0, |time| time.as_secs()),
            nonce: &nonce,
            sign_type: SignType::Md5,
        };
        done(client_pay::mini_program_pay(&prepaid, &key))
    })
}

/// The system's random bytes in pieces of 4 KB, where they are a file.
fn random() -> Option<impl Read> {
    File::open("/dev/urandom").ok().map(|file| BufReader::with_capacity(4096, file))
}

/// Whether it went well; the result is made in any case.
fn done<T, E>(result: std::result::Result<T, E>) -> bool {
    black_box(result).is_ok()
}

fn over<T: 'static>(
    inputs: Vec<T>,
    mut run: impl FnMut(&T) -> bool + 'static,
) -> Result<Option<Batch>> {
    if !inputs.iter().all(&mut run) {
        return Err("a message gives another result than in JavaScript".into());
    }
    let mut next = 0;
    Ok(Some(Box::new(move |count| {
        for _ in 0..count {
            if let Some(input) = inputs.get(next) {
                black_box(run(black_box(input)));
            }
            next = (next + 1) % inputs.len();
        }
    })))
}

/// Fields as `[name, value]`; an integer is what a number was in JavaScript.
fn fields(value: &Value) -> Result<Fields> {
    let mut fields = Fields::new();
    for pair in list(value)? {
        let name = text(&pair[0])?;
        match pair[1].as_u64() {
            Some(integer) => fields.insert_integer(name, integer)?,
            None => fields.insert(name, text(&pair[1])?)?,
        }
    }
    Ok(fields)
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| "a string was expected in the messages".into())
}

fn list(value: &Value) -> Result<&[Value]> {
    Ok(value.as_array().ok_or("a list was expected in the messages")?)
}
