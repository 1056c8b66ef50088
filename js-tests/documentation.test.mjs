// Every code block of every page runs: modules beside a gateway, commands as they are typed, types
// through the compiler. A language that nobody here knows fails, and so does a link to nowhere.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import Database from 'libsql'
import { Kysely, SqliteDialect } from 'kysely'
import { ERROR_CODES, parseXml } from 'wxpay-wasm'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { parse } from 'yaml'
import { workloads } from '../benches/messages.mjs'
import { READMES, shown } from '../benches/readme.mjs'
import { CHINESE } from '../benches/words.mjs'
import { runShell } from './documentation/commands.mjs'
import { inChromium, miniProgram } from './documentation/front-ends.mjs'
import { folder, runModule } from './documentation/module.mjs'
import { blocks, headings, pages, read, root, table } from './documentation/pages.mjs'
import { preludes } from './documentation/preludes.mjs'
import { visits } from './documentation/visits.mjs'
import { argumentsIn, compiles, inPython } from './documentation/other-languages.mjs'

/** These are followed step by step in walk.test.mjs. */
const walked = ({ words }) => words.includes('walk')

/** Without the words of the walk. */
const own = block => {
  const words = walked(block) ? block.words.slice(0, block.words.indexOf('walk')) : block.words
  return { ...block, words }
}

const all = pages().flatMap(blocks)

/** How a block of each language is checked. */
const CHECKS = {
  js: (t, block) => {
    const { words, text } = own(block)
    // The same code as in the English one, and the walk's own.
    if (walked(block) && block.page === 'README.zh-CN.md') return undefined
    if (words.includes('miniprogram')) return miniProgram(text)
    if (words.includes('commonjs')) return compilesAsCommonJs(block)
    return runModule(t, own(block))
  },
  ts: typed,
  html: (t, block) => inChromium(t, block, folder(t)),
  json: (t, { text }) => JSON.parse(text),
  xml: (t, { text }) => assert.ok(Object.keys(parseXml(text)).length > 0),
  sh: (t, block) => (walked(block) ? undefined : runShell(t, block)),
  console: runShell,
  yaml: (t, { text }) => parse(text),
  toml: (t, { text }) => inPython('import sys, tomllib; tomllib.loads(sys.stdin.read())', text),
  ini: (t, { text }) => assert.match(text, /^(#.*\n)?([A-Z_]+=\S+\n)+$/),
  sql: onSqlite,
  // `cargo test -p xtask` reads it as a part of the table of endpoints.
  text: (t, { text }) => assert.match(text, /^endpoint parkingQuery /),
  py: compiles,
  java: argumentsIn,
  go: argumentsIn,
  // cargo runs them: see the end of src/lib.rs.
  rust: (t, { page }) => assert.match(readFileSync(join(root, 'src/lib.rs'), 'utf8'), new RegExp(`include_str!\\("../${page}"\\)`)),
}

function compilesAsCommonJs({ words, text, page, line }) {
  assert.ok(words.includes('walk'), `${page}:${line}: a CommonJS block runs in the walk`)
  new Function('require', 'exports', text)
}

/** Against the tables of a store. */
async function onSqlite(t, { text }) {
  const file = join(folder(t), 'orders.db')
  const database = sqliteDatabase(new Database(file))
  await (await sqlStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }), dialect: 'sqlite' })).close()
  const again = new Database(file)
  assert.deepEqual(again.prepare(text).all(), [])
  again.close()
}

/** All at once: the compiler takes seconds to start. */
let checked
function typed(t, { page, line }) {
  checked ??= typecheck(t)
  const file = fileOf({ page, line })
  assert.deepEqual(checked.filter(found => found.startsWith(file)), [])
}

const fileOf = ({ page, line }) => `${page.replaceAll(/\W/g, '_')}_${line}.mts`

function typecheck(t) {
  const path = folder(t)
  const files = all.filter(({ language }) => language === 'ts').map(block => {
    writeFileSync(join(path, fileOf(block)), block.text)
    return fileOf(block)
  })
  const compilerOptions = { noEmit: true, strict: true, target: 'es2022', module: 'nodenext', lib: ['es2023', 'dom'], types: ['node'], skipLibCheck: true }
  writeFileSync(join(path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: path, encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean)
}

describe('code blocks', { concurrency: 2 }, () => {
  for (const block of all) {
    const { page, line, language } = block
    test(`${page}:${line} (${language})`, { timeout: 60_000 }, t => {
      assert.ok(Object.hasOwn(CHECKS, language), `no check for the language "${language}"`)
      return CHECKS[language](t, block)
    })
  }

  test('whatever a block can leave out, some block does', () => {
    const used = new Set(all.flatMap(({ words }) => words))
    assert.deepEqual([...Object.keys(preludes), ...Object.keys(visits)].filter(name => !used.has(name)), [])
  })

  test('there are many, and a wrong one fails', async t => {
    assert.ok(all.length > 60, `${all.length} blocks`)
    const wrong = { page: 'x.md', line: 1, language: 'js', words: [], text: "import { nothing } from 'wxpay-wasm'\n" }
    await assert.rejects(runModule(t, wrong), /nothing/)
    const other = { ...wrong, text: 'console.log(1) // prints 2\n' }
    await assert.rejects(runModule(t, other), /line 1 of the output/)
  })
})

describe('links', () => {
  const slug = text => text.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
  for (const page of [...pages(), 'CHANGELOG.md']) {
    test(page, () => {
      const text = read(page).replaceAll(/^```[^]*?^```/gm, '')
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue
        const [path, anchor] = target.split('#')
        const file = path === '' ? page : normalize(join(dirname(page), path))
        assert.ok(existsSync(join(root, file)), `${page} leads to ${target}`)
        if (anchor) assert.ok(headings(file).some(({ text }) => slug(text) === anchor), `${page} leads to ${target}`)
      }
    })
  }
})

describe('the README in two languages', () => {
  const both = ['README.md', 'README.zh-CN.md']

  test('has the same headings', () => {
    const [english, chinese] = both.map(page => headings(page).map(({ level }) => level))
    assert.deepEqual(chinese, english)
  })

  test('has the same code, comments aside', () => {
    const bare = text => text.replaceAll(/ *(\/\/|#) [^\n]*/g, '').replaceAll(/'(Tea|龙井茶)'|>(Tea|龙井茶)</g, "'…'")
    const [english, chinese] = both.map(page => blocks(page).map(({ language, words, text }) => [language, words, bare(text)]))
    assert.deepEqual(chinese, english)
  })

  test('names every door', () => {
    const { exports } = JSON.parse(read('pkg/package.json'))
    const doors = Object.keys(exports).filter(door => door !== './package.json').map(door => door.replace('.', 'wxpay-wasm'))
    for (const page of both) {
      const [, section] = read(page).split(/^\| (?:import|入口) \|.*\n/m)
      const rows = section.split('\n\n')[0].split('\n').slice(1)
      const named = rows.flatMap(row => row.split('|')[1].match(/`[^`]+`/g).map(name => name.slice(1, -1).replace(/^\//, 'wxpay-wasm/')))
      assert.deepEqual(named.sort(), doors.toSorted())
    }
  })
})

describe('the figures of the READMEs', () => {
  const results = JSON.parse(read('benches/results.json'))
  for (const [file, words] of Object.entries(READMES)) {
    test(`${file} has those of benches/results.json: node benches/readme.mjs`, () => {
      assert.ok(read(file.slice(3)).includes(shown(results, words)))
    })
  }

  test('every row has a Chinese name', () => {
    const rows = Object.keys(results.table).map(row => workloads[row].title)
    assert.deepEqual(rows.filter(title => CHINESE.name(title) === title), [])
  })
})

describe('docs/errors.md', () => {
  const { rows } = table('docs/errors.md', '## Every code')

  test('lists exactly the codes there are, in their order', () => {
    assert.deepEqual(rows.map(([code]) => code.replaceAll('`', '')), [...ERROR_CODES])
  })

  test('says what happened as src/error.rs does, and what to do', () => {
    const codes = Array.from(read('src/error.rs').matchAll(/((?: {4}\/\/\/ .*\n)+) {4}\w+ = "([A-Z0-9_]+)",/g))
    const meanings = codes.map(([, text, code]) => [`\`${code}\``, text.replaceAll(/^ {4}\/\/\/ /gm, '').trim().replaceAll('\n', ' ')])
    assert.deepEqual(rows.map(([code, meaning]) => [code, meaning]), meanings)
    for (const [code, , remedy] of rows) assert.ok(remedy.length > 5, code)
  })
})

test('what the pages name as a test or a file exists', () => {
  for (const page of pages()) {
    for (const [, path] of read(page).matchAll(/`((?:src|pkg|js-tests|tests|docs|benches|examples|xtask|\.github|\.ci)\/[\w./-]+)`/g)) {
      assert.ok(existsSync(join(root, path)), `${page}: ${path}`)
    }
  }
})
