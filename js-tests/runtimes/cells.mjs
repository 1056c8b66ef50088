// The rows of the table: a runtime or a bundler, and how it is set to work.
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build as esbuild, version as esbuildVersion } from 'esbuild'
import { importer, requirer, served, tested } from './starters.mjs'
import { node, NODES, reported, tool, version } from './tools.mjs'

const NO_SERVER = 'no node:http in a page, and the merchant key stays on the server'
const NO_STREAMS = 'unpacks with node:zlib'

/** A page has no server's doors. */
export const PAGE = {
  ...Object.fromEntries(
    ['client', 'node', 'koa', 'express', 'fastify', 'hapi', 'tenpay', 'testing', 'cloud', 'http'].map(door => [door, NO_SERVER]),
  ),
  bill: NO_STREAMS,
}

const NO_EMBEDDED = 'compiles no embedded bytes; `wxpay-wasm/notify` takes the `Request` itself'
const WORKERD = Object.fromEntries(
  ['cloud', 'node', 'koa', 'express', 'fastify', 'hapi', 'tenpay', 'testing', 'http'].map(door => [door, NO_EMBEDDED]),
)

/** Every row that needs no browser: its name, its version and what gives its report. */
export async function rows({ place, app }) {
  const write = (name, text) => writeFile(join(app, name), text)
  await write('import.mjs', importer())
  await write('require.cjs', requirer())
  const rows = []
  const row = (name, version, run) => rows.push({ name, version, run })

  for (const name of NODES) {
    const program = node(name)
    row('Node, import', version(name), () => reported(program, ['import.mjs'], app))
    row('Node, require', version(name), () => reported(program, ['require.cjs'], app))
  }

  const bun = tool('@oven/bun-linux-x64/bin/bun')
  row('Bun, import', version('@oven/bun-linux-x64'), () => reported(bun, ['import.mjs'], app))
  row('Bun, require', version('@oven/bun-linux-x64'), () => reported(bun, ['require.cjs'], app))
  const deno = tool('@deno/linux-x64-glibc/deno')
  for (const [name, file] of [['import', 'import.mjs'], ['require', 'require.cjs']]) {
    const args = ['run', '--allow-read', '--allow-env', '--allow-net=127.0.0.1', '--node-modules-dir=manual', file]
    row(`Deno, ${name}`, version('@deno/linux-x64-glibc'), () => reported(deno, args, app))
  }
  row('workerd', version('@cloudflare/workerd-linux-64'), () => workerd(place, app))

  // One file, run where there is nothing else, as a cloud function is deployed.
  for (const [format, extension] of [['cjs', 'cjs'], ['esm', 'mjs']]) {
    const name = format === 'cjs' ? 'esbuild, one CommonJS file' : 'esbuild, one ES module'
    let built
    for (const on of ['node16', 'node18', 'node20']) {
      const run = async () => reported(node(on), [await (built ??= single(place, app, format, extension))], place)
      row(`${name}, Node ${version(on)}`, esbuildVersion, run)
    }
  }
  row('Jest', version('jest'), () => jest(app))
  row('Vitest', version('vitest'), () => vitest(app))
  return rows
}

async function single(place, app, format, extension) {
  const folder = join(place, `single-${format}`)
  const outfile = join(folder, `index.${extension}`)
  await esbuild({
    entryPoints: [join(app, 'import.mjs')],
    outfile,
    format,
    bundle: true,
    platform: 'node',
    target: 'node16.13',
    logLevel: 'warning',
  })
  const files = await readdir(folder)
  if (files.length !== 1) throw new Error(`more than one file: ${files}`)
  return outfile
}

async function workerd(place, app) {
  const folder = join(place, 'workerd')
  const entry = join(app, 'workerd.mjs')
  await writeFile(entry, importer(WORKERD, served))
  await esbuild({
    entryPoints: [entry],
    outfile: join(folder, 'worker.js'),
    format: 'esm',
    bundle: true,
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm'],
    logLevel: 'warning',
  })
  const names = ['core', 'tools', 'doctor']
  const modules = names.map(name => `(name = "${name}.wasm", wasm = embed "${name}.wasm")`)
  for (const name of names) {
    const file = `${name}.wasm`
    await copyFile(join(app, 'node_modules/wxpay-wasm/dist/workerd', file), join(folder, file))
  }
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), ${modules.join(', ')}],
  compatibilityDate = "2025-01-01"))]);
`
  await writeFile(join(folder, 'config.capnp'), config)
  return reported(tool('@cloudflare/workerd-linux-64/bin/workerd'), ['test', 'config.capnp'], folder)
}

async function jest(app) {
  await writeFile(join(app, 'suite.jest.cjs'), requirer({}, tested))
  const config = { rootDir: app, testMatch: ['**/*.jest.cjs'], cacheDirectory: join(app, '.jest') }
  const args = ['--runInBand', '--no-watchman', `--config=${JSON.stringify(config)}`]
  return reported(process.execPath, [tool('jest/bin/jest.js'), ...args], app)
}

async function vitest(app) {
  await writeFile(join(app, 'vitest.test.mjs'), importer({}, tested))
  const args = ['run', '--globals', '--root', app, '--disable-console-intercept', 'vitest.test.mjs']
  return reported(process.execPath, [tool('vitest/vitest.mjs'), ...args], app)
}
