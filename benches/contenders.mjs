/** Everybody who is timed. Ours first: the others' times are divided by it. */
const FILES = [
  'ours',
  'hand-openssl',
  'hand-own',
  'hand-plain',
  'tenpay',
  'axios-plugin',
  'weixin-pay',
  'xml2js-crypto',
  'fxp-crypto',
]

/** The two of the best hand-written one are one rival: the faster counts. */
export const HAND = ['hand-openssl', 'hand-own']

export async function load(files = FILES) {
  const modules = await Promise.all(files.map(file => import(`./contenders/${file}.mjs`)))
  return modules.map(({ name, operations }, i) => ({ id: files[i], name, operations }))
}
