// Code blocks in languages that are not installed everywhere: what they say of this package is true.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { startGateway } from '../gateway-process.mjs'

/** The command that the block starts is one that works, and gives what is read from it: a line of JSON. */
export async function argumentsIn(t, { text, page, line }) {
  const words = Array.from(text.matchAll(/"npx"((?:, "[^"]+")+)/g), ([, rest]) => rest.match(/[^", ]+/g))
  assert.equal(words.length, 1, `${page}:${line}`)
  const [[name, command, ...args]] = words
  assert.deepEqual([name, command, args.at(-1)], ['wxpay-wasm', 'gateway', '--json'])
  const gateway = await startGateway(args.slice(0, -1))
  const { url, appid, mchid, key } = gateway.ready
  assert.ok([url, appid, mchid, key].every(value => typeof value === 'string'))
  assert.deepEqual((await gateway.end()).code, 0)
}

/** The same, and Python reads it. */
export async function compiles(t, block) {
  await argumentsIn(t, block)
  inPython('import ast, sys; ast.parse(sys.stdin.read())', block.text)
}

/** A line of Python reads the text without an error. */
export function inPython(program, input) {
  const { status, stderr } = spawnSync('python3', ['-c', program], { input, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}
