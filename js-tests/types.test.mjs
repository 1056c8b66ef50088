// The types of the client's methods: a mistake in a request does not compile, and the compiler says
// which field it is.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import ts from 'typescript'
import { TABLE, words } from './table.mjs'

const home = join(import.meta.dirname, 'types')
const { config } = ts.readConfigFile(join(home, 'tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, home)

/** What the compiler says of a file: the line, the place in it, the code and the text of each error. */
function compile(name, text = readFileSync(join(home, name), 'utf8')) {
  const file = join(home, name)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = path => path === file || fileExists(path)
  host.readFile = path => (path === file ? text : readFile(path))
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, text, ...rest) : getSourceFile.call(host, path, ...rest)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start, code, messageText }) => {
    const { line, character } = ts.getLineAndCharacterOfPosition(file, start)
    const place = text.split('\n')[line].slice(character)
    return { file: file.fileName, line, place, code, text: ts.flattenDiagnosticMessageText(messageText, '\n') }
  })
}

test('what is right compiles', () => assert.deepEqual(compile('right.mts'), []))

describe('what is wrong does not', () => {
  const lines = readFileSync(join(home, 'wrong.mts'), 'utf8').split('\n')
  const errors = compile('wrong.mts')
  const wanted = lines.flatMap((line, at) => {
    const [, code, place, text] = /^\/\/! (\d+) at (.+) -- (.+)$/.exec(line) ?? []
    return code === undefined ? [] : [{ line: at + 1, code: Number(code), place, text }]
  })

  test('and nothing else is wrong', () => {
    assert.ok(wanted.length > 20)
    assert.deepEqual(errors.map(({ line }) => line), wanted.map(({ line }) => line))
  })

  for (const { line, code, place, text } of wanted) {
    test(lines[line], () => {
      const [error] = errors.filter(error => error.line === line)
      assert.ok(error !== undefined, 'it compiles')
      assert.equal(error.code, code, error.text)
      assert.ok(error.place.startsWith(place), error.place)
      assert.ok(error.text.includes(text), error.text)
    })
  }
})

describe('every endpoint', () => {
  const methods = TABLE.filter(({ name }) => name !== 'code2Session')
  const call = (name, fields) => `void pay.${name}(${JSON.stringify(fields)})`
  const header = `import { WxPay } from 'wxpay-wasm/client'\ndeclare const pay: WxPay\n`

  test('takes the sample request, under each of its names', () => {
    const calls = methods.flatMap(({ name, aka, sample }) => [name, ...aka].map(way => call(way, sample.request)))
    assert.ok(calls.length > 60)
    assert.deepEqual(compile('samples.mts', header + calls.join('\n')), [])
  })

  /** The calls that must not compile, and the field that the error must name. */
  const broken = methods.flatMap(({ name, request, sample }) =>
    request.flatMap(({ name: field, need, kind }) => {
      const { [field]: value, ...others } = sample.request
      const wrong = []
      if (need === 'always') wrong.push([call(name, others), field])
      if (value === undefined) return wrong
      if (kind === 'fen') wrong.push([call(name, { ...others, [field]: 0.5 }), 'AmountsAreWholeFen'])
      if (words(kind).length > 0) wrong.push([call(name, { ...others, [field]: 'NO_SUCH' }), words(kind)[0]])
      return wrong
    }),
  )

  test('wants what is always required, whole amounts and known words', () => {
    assert.ok(broken.length > 100)
    const errors = compile('broken.mts', header + broken.map(([line]) => line).join('\n'))
    for (const [at, [line, word]] of broken.entries()) {
      const [error] = errors.filter(({ line }) => line === at + 2)
      assert.ok(error !== undefined, `compiles: ${line}`)
      assert.ok(error.text.includes(word) || error.place.startsWith(`"${word}"`), `${line}: ${error.text}`)
    }
  })
})
