// A reporter of node:test that looks for secrets in all that a run of the tests prints: the keys,
// passwords and private keys that the tests use. Says in JSON where it saw one.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as canaries from './canary.mjs'
import { KEY, OTHER_KEY } from './wire.mjs'

const tls = join(import.meta.dirname, 'tls')
const privateKeys = readdirSync(tls)
  .filter(name => name.endsWith('.key'))
  .map(name => [`the private key ${name}`, readFileSync(join(tls, name), 'utf8').split('\n')[1]])

const watch = new canaries.Watch({
  'the key': KEY,
  'another key': OTHER_KEY,
  'the key of the canaries': canaries.KEY,
  'the other key of the canaries': canaries.OTHER_KEY,
  'the passphrase': canaries.PASSPHRASE,
  'the app secret': canaries.APP_SECRET,
  ...Object.fromEntries(privateKeys),
})

export default async function* report(events) {
  let printed = 0
  for await (const { type, data } of events) {
    const { name = '', message = '', file = '', details } = data ?? {}
    const said = [name, message, details?.error?.stack, details?.error?.cause?.stack].filter(Boolean).join('\n')
    if (said === '') continue
    printed += said.length
    watch.look(`${type} of ${file}: ${name.slice(0, 80)}`, said)
  }
  const found = [...new Set(watch.found)]
  yield `${JSON.stringify({ secrets: watch.secrets.size, printed, found }, null, 1)}\n`
}
