// The command line as npm would link it.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))
const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))

/** The file behind `wxpay-wasm`. */
export const cli = join(home, bin['wxpay-wasm'])
