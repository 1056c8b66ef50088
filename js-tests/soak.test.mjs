// What `cargo xtask soak` does for hours, with small numbers. Limits of time hold on an idle machine, and
// are not looked at here.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { mariadb, sqlite } from '../soak/databases.mjs'
import { SCENARIOS } from '../soak/scenarios.mjs'
import { noStrace } from '../soak/sync.mjs'
import { noMariadb } from './mariadb.mjs'

describe('both databases at the same time', { concurrency: 2 }, () => {
  for (const [make, missing] of [[sqlite, false], [mariadb, noMariadb]]) {
    describe(make.title, { skip: missing }, () => {
      let kind
      before(async () => (kind = await make()))
      after(() => kind?.close())
      for (const { name, title, on, run, short } of SCENARIOS) {
        if (!on.includes(make.title)) continue
        test(title, { skip: name === 'sync' && noStrace }, async t => {
          const { checks, figures } = await run(kind, short)
          for (const [claim, holds] of checks) assert.ok(holds, claim)
          t.diagnostic(JSON.stringify(figures))
        })
      }
    })
  }
})
