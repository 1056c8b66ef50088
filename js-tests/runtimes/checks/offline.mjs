// `wxpay-wasm/bill` and `/doctor`.
import { same } from '../expect.mjs'
// The suite is bundled with both: the text, and the same with gzip in base64.
import text from './bill.csv'
import packed from './bill.csv.gz'
import { KEY } from './merchant.mjs'

async function rows({ bill }, bytes) {
  const read = []
  for await (const { out_trade_no, total_fee } of await bill.readBill(bytes)) read.push([out_trade_no, total_fee])
  return read
}

export const bill = {
  async 'a bill'(doors) {
    same(await rows(doors, new TextEncoder().encode(text)), [['A1001', 1001]], 'rows')
  },
  async 'a bill with gzip'(doors) {
    same(await rows(doors, Uint8Array.from(atob(packed), char => char.charCodeAt(0))), [['A1001', 1001]], 'rows')
  },
}

export const doctor = {
  'the mistake behind a signature'({ core, doctor }) {
    const fields = { appid: 'wxd930ea5d5a258f4f', body: '茶', mch_id: '10000100' }
    const found = sign => doctor.diagnose({ ...fields, sign }, { key: KEY, sign })
    same(found(core.sign(fields, KEY)).verdict, 'right', 'the right signature')
    const lower = found(core.sign(fields, KEY).toLowerCase())
    same(lower.mistakes.map(({ id }) => id), ['lower-case'], 'lower case')
  },
}
