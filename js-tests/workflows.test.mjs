// The workflows of the repository's host do what .ci/run does, and publish without a stored token.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { read, root } from './documentation/pages.mjs'

const names = readdirSync(join(root, '.github/workflows'))
const workflows = Object.fromEntries(names.map(name => [name, parse(read(`.github/workflows/${name}`))]))
const steps = name => Object.values(workflows[name].jobs).flatMap(job => job.steps ?? [])

test('there are two', () => assert.deepEqual(names.sort(), ['ci.yml', 'release.yml']))

test('CI runs .ci/run, and nothing is tested elsewhere', () => {
  assert.equal(steps('ci.yml').at(-1).run, '.ci/run')
  assert.match(read('.ci/run'), /cargo xtask test$/m)
})

describe('every workflow', () => {
  for (const name of names) {
    test(`${name}: least rights, pinned actions, an end`, () => {
      assert.deepEqual(workflows[name].permissions, { contents: 'read' })
      for (const { uses } of steps(name)) if (uses !== undefined) assert.match(uses, /^[\w./-]+@v\d+$/)
      for (const job of Object.values(workflows[name].jobs)) {
        assert.ok(job.uses !== undefined || job['timeout-minutes'] <= 30)
      }
      for (const { with: options, uses } of steps(name)) {
        if (uses?.startsWith('actions/checkout@')) assert.equal(options['persist-credentials'], false)
      }
      assert.doesNotMatch(read(`.github/workflows/${name}`), /secrets\./)
    })
  }
})

describe('a release', () => {
  const { jobs } = workflows['release.yml']

  test('waits for the tests, and asks for a token of this run alone', () => {
    assert.equal(jobs.test.uses, './.github/workflows/ci.yml')
    for (const name of ['npm', 'crate']) {
      assert.equal(jobs[name].needs, 'test')
      assert.deepEqual(jobs[name].permissions, { contents: 'read', 'id-token': 'write' })
    }
  })

  test('publishes with provenance, and by trusted publishing', () => {
    const commands = name => jobs[name].steps.map(({ run }) => run).filter(Boolean)
    assert.ok(commands('npm').some(run => /^npm publish .*--provenance/.test(run)))
    assert.ok(commands('crate').some(run => /^cargo publish .*--locked/.test(run)))
    assert.ok(jobs.crate.steps.some(({ uses }) => uses?.startsWith('rust-lang/crates-io-auth-action@')))
  })

  test('is what the tag says', () => {
    const { version } = JSON.parse(read('pkg/package.json'))
    const check = tag => spawnSync(process.execPath, [join(root, '.github/version.mjs'), tag], { encoding: 'utf8' })
    assert.equal(check(`v${version}`).status, 0)
    const { status, stderr } = check('v99.0.0')
    assert.equal(status, 1)
    assert.match(stderr, /pkg\/package\.json/)
    assert.match(stderr, /Cargo\.toml/)
  })
})
