// docs/proof.md has the figures that were measured, and they hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROOFS } from '../proof/proofs.mjs'
import { recorded } from '../proof/record.mjs'
import { shows, table } from '../proof/table.mjs'

const rows = PROOFS.map(proof => ({ proof, figures: proof.report?.() ?? recorded(proof.name) }))

test('the page has the table of the records', () => {
  assert.ok(shows(table(rows)), 'docs/proof.md is not up to date: cargo xtask proof --quick')
})

for (const { proof, figures } of rows) {
  test(`${proof.name} holds where it was measured`, { skip: figures === undefined && 'never measured' }, () => {
    assert.equal(proof.holds(figures), true, proof.show(figures))
  })
}

test('crates and vectors are those of the records', () => {
  for (const name of ['crates', 'vectors']) {
    const { measure } = PROOFS.find(proof => proof.name === name)
    const { date, commit, ...figures } = recorded(name)
    assert.deepEqual(measure(), figures, 'cargo xtask proof --quick')
  }
})
