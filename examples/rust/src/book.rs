use crate::Result;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};
use wxpay_core::notification::Payment;

/// Orders and payments as lines of JSON, where your database would be: one writer at a time, nothing
/// is ever changed, and what was recorded is on the disk.
#[derive(Clone, Debug)]
pub struct Book(PathBuf);

/// What a customer is to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The shop's number.
    pub out_trade_no: String,
    /// Fen.
    pub total_fee: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Order(Order),
    Payment(Payment),
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the book now.
    Now,
    /// It was there already: notifications come more than once.
    Before,
    /// It is in the book now, and another payment of the same order too: one is to be refunded.
    Twice,
}

impl Book {
    /// The book in this file, which need not exist yet.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Book(path.as_ref().into())
    }

    /// Adds an order, before it is placed: a payment of an order that nobody knows is refused.
    pub fn order(&self, order: Order) -> Result<()> {
        let (mut file, lines) = self.open()?;
        let known = lines.into_iter().find_map(|line| match line {
            Line::Order(known) if known.out_trade_no == order.out_trade_no => Some(known),
            _ => None,
        });
        match known {
            None => append(&mut file, &Line::Order(order)),
            Some(known) if known == order => Ok(()),
            Some(known) => {
                Err(format!("{} was ordered for {} fen", known.out_trade_no, known.total_fee)
                    .into())
            }
        }
    }

    /// Records a payment, checked against its order. It is on the disk when this returns.
    pub fn pay(&self, payment: &Payment) -> Result<Recorded> {
        let (mut file, lines) = self.open()?;
        let (mut order, mut paid) = (None, false);
        for line in lines {
            match line {
                Line::Order(known) if known.out_trade_no == payment.out_trade_no => {
                    order = Some(known);
                }
                Line::Payment(known) if known.transaction_id == payment.transaction_id => {
                    payment.check(known.total_fee, &known.fee_type)?;
                    return Ok(Recorded::Before);
                }
                Line::Payment(known) => paid |= known.out_trade_no == payment.out_trade_no,
                Line::Order(_) => {}
            }
        }
        let order = order.ok_or("no order has this number")?;
        payment.check(order.total_fee, "CNY")?;
        append(&mut file, &Line::Payment(payment.clone()))?;
        Ok(if paid { Recorded::Twice } else { Recorded::Now })
    }

    /// The file, which is nobody else's until it is dropped, and its lines.
    fn open(&self) -> Result<(File, Vec<Line>)> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.0)?;
        file.lock()?;
        file.seek(SeekFrom::Start(0))?;
        let mut lines = Vec::new();
        for line in BufReader::new(&file).lines() {
            lines.push(serde_json::from_str(&line?)?);
        }
        Ok((file, lines))
    }
}

fn append(file: &mut File, line: &Line) -> Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)?;
    Ok(file.sync_all()?)
}
