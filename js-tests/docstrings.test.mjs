// Whatever a door exports says what it is.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))
const { exports } = createRequire(import.meta.url)('wxpay-wasm/package.json')
const doors = Object.entries(exports).filter(([, door]) => typeof door === 'object')
const types = ([, door]) => join(home, door.import.types)

const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true }
const program = ts.createProgram(doors.map(types), options)
const checker = program.getTypeChecker()

/** What the reader of a type sees above it; a class may say it at its constructor. */
function comment(symbol) {
  const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return ts.displayPartsToString(meant.getDocumentationComment(checker))
}

describe('every export has a docstring', () => {
  for (const door of doors) {
    test(door[0], () => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(types(door)))
      const found = checker.getExportsOfModule(module)
      assert.ok(found.length > 0)
      const silent = found.filter(symbol => comment(symbol) === '').map(({ name }) => name)
      assert.deepEqual(silent, [])
    })
  }
})

test('the API reference has a module for each door', async () => {
  const { default: typedoc } = await import('../docs/typedoc.mjs')
  assert.equal(typedoc.entryPoints.length, doors.length)
  for (const file of typedoc.entryPoints) assert.ok(existsSync(file), file)
})
