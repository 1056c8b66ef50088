// The rows with a browser: the package without a bundler, and what each bundler makes of it. The pages
// may load their own scripts and WebAssembly, and reach nothing.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { extname, join } from 'node:path'
import { build as esbuild, version as esbuildVersion } from 'esbuild'
import { chromium } from 'playwright-core'
import { PAGE } from './cells.mjs'
import { DOORS, importer, left, requirer } from './starters.mjs'
import { tool, version } from './tools.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PATIENCE = 60_000

/** How each bundler makes `page.js` in a folder of the page's entry. */
const BUNDLERS = {
  async esbuild(entry, folder) {
    const outfile = join(folder, 'page.js')
    await esbuild({ entryPoints: [entry], outfile, bundle: true, minify: true, format: 'esm', logLevel: 'warning' })
  },
  async rollup(entry, folder) {
    const { rollup } = await import('rollup')
    const { nodeResolve } = await import('@rollup/plugin-node-resolve')
    const onwarn = ({ message }) => { throw new Error(message) }
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })], onwarn })
    await bundle.write({ file: join(folder, 'page.js'), format: 'es' })
    await bundle.close()
  },
  async vite(entry, folder) {
    const { build } = await import('vite')
    const rollupOptions = { input: entry, output: { entryFileNames: 'page.js' } }
    const output = { outDir: folder, emptyOutDir: true, modulePreload: false, chunkSizeWarningLimit: 2000, rollupOptions }
    await build({ root: join(entry, '..'), configFile: false, logLevel: 'warn', build: output })
  },
  async webpack(entry, folder) {
    const { default: webpack } = await import('webpack')
    const output = { path: folder, filename: 'page.js' }
    const stats = await new Promise((resolve, reject) => {
      // Once is enough to see that it can be made smaller.
      const optimization = { minimize: entry.endsWith('.mjs') }
      const config = { mode: 'production', entry, output, optimization, performance: { hints: false } }
      webpack(config, (error, stats) => (error ? reject(error) : resolve(stats)))
    })
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
    if (errors.length + warnings.length > 0) throw new Error(JSON.stringify([...errors, ...warnings]).slice(0, 2000))
  },
}

const VERSIONS = { esbuild: esbuildVersion, rollup: version('rollup'), vite: version('vite'), webpack: version('webpack') }
const NAMES = { esbuild: 'esbuild', rollup: 'rollup', vite: 'Vite', webpack: 'webpack' }

/** Every row with a page; `close` ends the browser. */
export async function pages({ place, app }) {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`)
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const browser = await chromium.launch({ executablePath: CHROMIUM, args })
  const rows = []
  const name = 'Chromium, no bundler'
  rows.push({ name, version: '', run: () => unbundled(browser, app) })
  await writeFile(join(app, 'page.mjs'), importer(PAGE, left))
  await writeFile(join(app, 'page.cjs'), requirer(PAGE, left))
  for (const [id, bundle] of Object.entries(BUNDLERS)) {
    // Those that read CommonJS without a plugin get the page that requires, too.
    const entries = id === 'esbuild' || id === 'webpack' ? ['mjs', 'cjs'] : ['mjs']
    for (const extension of entries) {
      const how = entries.length === 1 ? '' : extension === 'mjs' ? ', import' : ', require'
      const run = async () => {
        const folder = join(place, `page-${id}-${extension}`)
        await mkdir(folder)
        await bundle(join(app, `page.${extension}`), folder)
        return visit(browser, folder, '<script type="module" src="/page.js"></script>')
      }
      rows.push({ name: `${NAMES[id]} for Chromium${how}`, version: VERSIONS[id], run })
    }
  }
  return { rows, chromium: browser.version(), close: () => browser.close() }
}

/** The page imports the files of the package by an import map, which the policy names by its hash. */
async function unbundled(browser, app) {
  const manifest = JSON.parse(await readFile(join(app, 'node_modules/wxpay-wasm/package.json'), 'utf8'))
  const imports = Object.fromEntries(
    Object.entries(DOORS)
      .filter(([door]) => !(door in PAGE))
      .map(([, from]) => {
        const { import: target } = manifest.exports[from.replace('wxpay-wasm', '.')]
        return [from, target.default.replace('.', '/node_modules/wxpay-wasm')]
      }),
  )
  const map = JSON.stringify({ imports })
  const hash = createHash('sha256').update(map).digest('base64')
  const scripts = `<script type="importmap">${map}</script><script type="module" src="/page.mjs"></script>`
  return visit(browser, app, scripts, `'sha256-${hash}'`)
}

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript' }

/** The report that a page leaves, under a policy that allows nothing but it needs. */
async function visit(browser, folder, scripts, sources = '') {
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' ${sources}; connect-src 'none'`
  const server = http.createServer(async (request, response) => {
    response.setHeader('content-security-policy', policy)
    if (request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      return response.end(`<!doctype html><link rel="icon" href="data:,">${scripts}`)
    }
    try {
      const path = new URL(request.url, 'http://page').pathname
      const file = await readFile(join(folder, path))
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream')
      response.end(file)
    } catch {
      response.writeHead(404).end()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const page = await browser.newPage()
  try {
    const trouble = new Promise((_, reject) => page.on('pageerror', reject))
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    const report = page.waitForFunction(() => globalThis.report, undefined, { timeout: PATIENCE })
    return await (await Promise.race([report, trouble])).jsonValue()
  } finally {
    await page.close()
    server.close()
  }
}
