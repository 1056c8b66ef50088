/**
 * Writes `dist/doctor.html`: the page, the package and its modules in one file that needs no network
 * and, by its own policy, cannot use one.
 */
import binaryen from 'binaryen'
import { build, transform } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const read = path => readFile(at(path), 'utf8')

/** What of the tools the page calls: the endpoints, the bills and the client are left out. */
const CALLED = [
  'buildXml', 'checkKey', 'decryptRefund', 'parseSigned', 'parseXml',
  'setRandom', 'sign', 'signedXml', 'stringToSign', 'verify',
]

const GLUE = [...CALLED, 'initSync', '__wbg_reset_state'].join(', ')

/** The tools without the exports that nothing calls, and without what only those needed. */
async function pruned(path) {
  const module = binaryen.readBinary(await readFile(path))
  const names = Array.from(
    { length: module.getNumExports() },
    (_, i) => binaryen.getExportInfo(module.getExportByIndex(i)).name,
  )
  for (const name of names) {
    if (name !== 'memory' && !name.startsWith('__') && !CALLED.includes(name)) module.removeExport(name)
  }
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-'))
  const file = join(folder, 'tools.wasm')
  await writeFile(file, module.emitBinary())
  const features = ['bulk-memory', 'bulk-memory-opt', 'sign-ext', 'mutable-globals', 'nontrapping-float-to-int']
  execFileSync(process.execPath, [
    at('../node_modules/binaryen/bin/wasm-opt'), '-Oz', '--converge', '--reorder-locals', '--reorder-functions',
    '--strip-target-features', ...features.map(name => `--enable-${name}`), file, '-o', file,
  ])
  const bytes = await readFile(file)
  await rm(folder, { recursive: true })
  return bytes
}

/** A module of the package as the page has it: gzip in base64, inflated by the browser. */
const embedded = {
  name: 'embedded',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/wxpay-wasm\// }, ({ path }) => ({
      path: at(`../pkg/src/${path.split('/').at(-1).replace(/\.js$/, '.ts')}`),
    }))
    // As in workerd, modules are imported; here importing one inflates it.
    onResolve({ filter: /\/(doctor-)?modules?\.js$/ }, ({ path }) => ({
      path: at(`../pkg/src/${path.slice(2, -3)}.workerd.ts`),
    }))
    onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: at(`../pkg/dist/generated/${path.slice(2)}`) }))
    onResolve({ filter: /\/tools-module\.js$/ }, () => ({ path: 'tools', namespace: 'called' }))
    onLoad({ filter: /./, namespace: 'called' }, () => ({
      contents: `import { ${GLUE} } from '../pkg/dist/generated/tools.js'\nexport const TOOLS = { glue: { ${GLUE} } }`,
      resolveDir: at('.'),
    }))
    onLoad({ filter: /\.wasm$/ }, async ({ path }) => {
      const wasm = path.endsWith('tools.wasm') ? await pruned(path) : await readFile(path)
      const bytes = gzipSync(wasm, { level: 9 })
      return {
        contents: `import { inflate } from './inflate.mjs'\nexport default await inflate('${bytes.toString('base64')}')`,
        resolveDir: at('.'),
      }
    })
  },
}

const { outputFiles } = await build({
  entryPoints: [at('page.mjs')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  define: { NODE_REQUIRE: 'undefined' },
  write: false,
  plugins: [embedded],
})
const script = outputFiles[0].text.trim().replaceAll('</script', '<\\/script')
const sheets = await Promise.all(['page.css', 'doctor.css'].map(read))
const style = (await transform(sheets.join('\n'), { loader: 'css', minify: true })).code.trim()
const icon = Buffer.from((await read('icon.svg')).trim()).toString('base64')

const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = [
  "default-src 'none'",
  "connect-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const replaced = (html, pattern, text) => {
  if (!pattern.test(html)) throw new Error(`index.html has no ${pattern}`)
  return html.replace(pattern, () => text)
}
let html = (await read('index.html')).replace(/\n<link rel="stylesheet" href="doctor.css">/, '').replace(/\n\s+/g, '\n')
html = replaced(html, /(?<=Content-Security-Policy" content=")[^"]+/, policy)
html = replaced(html, /icon\.svg/, `data:image/svg+xml;base64,${icon}`)
html = replaced(html, /<link rel="stylesheet" href="page.css">/, `<style>${style}</style>`)
html = replaced(html, /\n<script type="module" src="page.mjs"><\/script>/, '')
html = replaced(html, /(?=<\/body>)/, `<script type="module">${script}</script>\n`)

await mkdir(at('dist'), { recursive: true })
await writeFile(at('dist/doctor.html'), html)
