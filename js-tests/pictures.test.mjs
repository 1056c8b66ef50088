// The pictures of the pages are small, and the drawings are what their program draws.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawings } from '../docs/sequence.mjs'
import { pages, read, root } from './documentation/pages.mjs'

const folder = join(root, 'docs/pictures')

test('each picture is a PNG of less than 120 000 bytes, and is shown', () => {
  const names = readdirSync(folder)
  assert.deepEqual(names.sort(), ['dashboard.png', 'doctor.png', 'shop.png', 'terminal.png'])
  const text = pages().map(read).join()
  for (const name of names) {
    const bytes = readFileSync(join(folder, name))
    assert.equal(bytes.subarray(1, 4).toString('latin1'), 'PNG', name)
    assert.ok(bytes.length < 120_000, `${name}: ${bytes.length} bytes`)
    assert.ok(text.includes(`pictures/${name}`), name)
  }
})

test('the sequence diagrams are up to date: node docs/sequence.mjs', () => {
  for (const [name, svg] of drawings()) assert.equal(read(`docs/${name}`), svg, name)
})
