// The page of calls as a file: all of the table, and nothing from elsewhere.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { startPage } from '../www/serve.mjs'
import { TABLE, limit, words } from './table.mjs'

const html = readFileSync(new URL('../www/dist/endpoints.html', import.meta.url), 'utf8')
const escape = text => text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c])

/** What a reader sees of a piece of the page. */
const read = part =>
  part.replace(/<[^>]+>/g, ' ').replace(/&(amp|lt|gt|quot);/g, (_, c) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[c]).replace(/\s+/g, ' ')

const sections = new Map(
  html.split('<article ').slice(1).map(part => [/^id="(\w+)"/.exec(part)[1], part.split('</article>')[0]]),
)

test('every endpoint has its section, in the order of the table', () => {
  assert.deepEqual([...sections.keys()], TABLE.map(({ name }) => name))
  for (const { name } of TABLE) assert.ok(html.includes(`<li><a href="#${name}">${name} `), name)
})

describe('a section has every fact', () => {
  for (const endpoint of TABLE) {
    const { name, method, path, title, about, chapter, aka, origin, certificate, body, money } = endpoint
    test(name, () => {
      const part = sections.get(name)
      const text = read(part)
      for (const fact of [title, about.slice(1), chapter, `${method} ${path}`, new URL(origin).host, ...aka]) {
        assert.ok(text.includes(fact), fact)
      }
      assert.ok(part.includes(`href="${escape(chapter)}"`))
      const term = what => new RegExp(`<dt>${what}</dt><dd>(.*?)</dd>`).exec(part)?.[1]
      assert.equal(term('Certificate'), certificate ? 'needed' : 'not needed')
      assert.equal(term('Algorithm'), body === 'json' ? 'none: not signed' : endpoint.algorithms.join(' or '))
      assert.equal(term('Nonce'), endpoint.request.some(({ kind }) => kind === 'nonce') ? 'sent' : 'not sent')
      assert.equal(term('Money'), money ? 'moves' : 'does not move')
      assert.equal(read(term('Old sandbox')).trim(), endpoint.sandbox ?? 'none')
      assert.equal(/, signed/.test(term('Answer')), endpoint.signed)
      if (endpoint.query !== null) {
        assert.equal(
          read(term('Outcome')).trim().replace(/ ,/g, ','),
          `${endpoint.query.endpoint} with ${endpoint.query.fields.join(' , ')}`.replace(/ ,/g, ','),
        )
      }
      const repeat = { always: 'at will', null: 'never by itself' }[endpoint.repeat] ?? `with the same ${endpoint.repeat}`
      assert.equal(read(term('Repeat')).trim(), repeat)
      if (endpoint.retired !== null) assert.ok(text.includes(endpoint.retired))

      // One line of a table for each row, in order.
      const lines = Array.from(part.matchAll(/<tr>(.*?)<\/tr>/g), ([, line]) => read(line).trim())
      const rows = [...endpoint.request, ...endpoint.answer]
      assert.equal(lines.length, rows.length + endpoint.errors.length)
      for (const [at, { name, meaning, example, kind }] of rows.entries()) {
        const line = lines[at]
        assert.ok(line.startsWith(`${name} `), line)
        for (const word of [meaning.slice(1), example ?? '', ...words(kind), limit(kind) || '']) {
          if (!kind.startsWith('ip')) assert.ok(line.includes(read(`${word}`)), `${line}: ${word}`)
        }
      }
      for (const [at, { code, text }] of endpoint.errors.entries()) {
        const line = lines[rows.length + at]
        assert.ok(line.startsWith(`${code} `) && line.endsWith(text.slice(1)), line)
      }
    })
  }
})

describe('the example is a call that works', () => {
  for (const { name, sample } of TABLE) {
    test(name, () => {
      const [, code] = /<pre><code>([^]*?)<\/code>/.exec(sections.get(name))
      const script = code.replace(/&(amp|lt|gt|quot);/g, (_, c) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[c])
      const calls = []
      const pay = new Proxy({}, { get: (_, method) => fields => calls.push([method, fields]) })
      new Function('pay', script.replace('await ', ''))(pay)
      const [[method, given]] = calls
      assert.equal(method, name)
      const fields = name === 'code2Session' ? { js_code: given } : (given ?? {})
      assert.deepEqual(fields, sample.request)
    })
  }
})

test('nothing is loaded from elsewhere', () => {
  assert.doesNotMatch(html, /<(?:link|img|iframe|object|embed|base|form)\b/)
  assert.doesNotMatch(html, /\bsrc=|@import|url\(|\bimport\b|fetch\(|XMLHttpRequest/)
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)[1]
  assert.match(policy, /^default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; /)
  assert.doesNotMatch(policy, /https?:|\*|connect-src/)
  // The other addresses are text, and the links lead to the official pages.
  for (const [, href] of html.matchAll(/<a href="([^"]+)"/g)) {
    assert.match(href, /^#\w+$|^https:\/\/[\w.]+\.weixin\.qq\.com\//)
  }
})

test('every link inside leads somewhere, and no id stands twice', () => {
  const markup = html.replace(/<script[^]*<\/script>/, '')
  const ids = Array.from(markup.matchAll(/ id="([^"]+)"/g), ([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const [, target] of markup.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target), target)
})

test('it is served beside the other page', async t => {
  const served = await startPage()
  t.after(() => served.close())
  const response = await fetch(`${served.url}endpoints.html`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(response.headers.get('content-security-policy'), /^default-src 'none'; script-src 'unsafe-inline'/)
  assert.equal(await response.text(), html)
  const other = await fetch(served.url)
  assert.doesNotMatch(other.headers.get('content-security-policy'), /unsafe-inline/)
})
