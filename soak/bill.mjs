// A bill of a size that no memory should hold.
import { readBill } from 'wxpay-wasm/bill'
import { large } from '../js-tests/bill-text.mjs'

const MB = 2 ** 20
/** How much more memory is flat, MiB. */
const FLAT = 64

export async function longBill(_, { megabytes }) {
  const { made, source } = large(megabytes * MB)
  // What V8 takes while it warms up is not the bill's.
  for await (const _row of await readBill(large(Math.min(megabytes, 128) * MB).source())) continue
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const began = performance.now()
  const read = await readBill(source(), { onProgress() { most = Math.max(most, process.memoryUsage().rss) } })
  let [rows, fen] = [0, 0]
  for await (const row of read) {
    rows++
    fen += row.total_fee
  }
  const more = Math.round(((most - before) / MB) * 10) / 10
  const { total_count, total_fee } = read.summary
  return {
    figures: { 'size, MiB': Math.round(made.bytes / MB), rows, 'time, s': Math.round((performance.now() - began) / 100) / 10, 'more memory, MiB': more },
    checks: [
      [`every row was read (${rows} of ${made.rows}), to the last fen (${fen} of ${made.fen})`, rows === made.rows && fen === made.fen],
      ['the summary says the same', total_count === rows && total_fee === fen],
    ],
    limits: [[`at most ${FLAT} MiB more memory (${more})`, more <= FLAT]],
  }
}
