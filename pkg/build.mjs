// Bundles the TypeScript into dist/esm, dist/cjs, dist/node, dist/workerd and dist/cli, and writes the
// types.
import { build, transform } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = dirname(fileURLToPath(import.meta.url))
const at = (...path) => join(home, ...path)
const generated = at('dist/generated')

const entries = [
  'index',
  'client',
  'notify',
  'worker',
  'bill',
  'doctor',
  'adapters/koa',
  'adapters/express',
  'adapters/node',
  'adapters/fastify',
  'adapters/hapi',
  'adapters/cloud',
  'adapters/tenpay',
  'stores/memory',
  'stores/sql',
  'testing/index',
]
const workerdEntries = ['index', 'client', 'notify', 'worker', 'bill', 'doctor', 'stores/memory']

for (const name of ['core', 'tools', 'doctor']) {
  const bytes = await readFile(join(generated, `${name}.wasm`))
  const text = `export const BASE64 =\n  '${bytes.toString('base64')}'\n`
  await writeFile(join(generated, `${name}-bytes.js`), text)
  await writeFile(join(generated, `${name}-bytes.d.ts`), 'export declare const BASE64: string\n')
}

// The gateway's own pages: their script and their style sheets travel as text.
const browser = { absWorkingDir: home, bundle: true, minify: true, write: false, logLevel: 'warning' }
const pages = at('src/testing/pages')
const texts = {
  PAGE_CSS: join(pages, 'page.css'),
  PAY_CSS: join(pages, 'pay.css'),
  DASHBOARD_CSS: join(pages, 'dashboard.css'),
  DASHBOARD_JS: join(pages, 'client/main.ts'),
}
for (const [name, entry] of Object.entries(texts)) {
  const { outputFiles } = await build({ ...browser, entryPoints: [entry], format: 'esm', target: ['es2022', 'safari16'] })
  texts[name] = outputFiles[0].text
}
const exported = (write) => Object.entries(texts).map(write).join('')
await writeFile(join(generated, 'pages.js'), exported(([name, text]) => `export const ${name} =\n  ${JSON.stringify(text)}\n`))
await writeFile(join(generated, 'pages.d.ts'), exported(([name]) => `export declare const ${name}: string\n`))

const common = {
  absWorkingDir: home,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  outbase: 'src',
  chunkNames: '[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
  external: ['kysely', 'node:*'],
}

// As entries the tools and the platform become files of their own.
await build({
  ...common,
  entryPoints: [...entries, 'tools-module', 'platform'].map(e => `src/${e}.ts`),
  outdir: 'dist/esm',
})
const toolsFile = /"\.\/(.+)"/.exec(await readFile(at('dist/esm/tools-module.js'), 'utf8'))[1]
await rm(at('dist/esm/tools-module.js'))

// workerd imports the bytes as a module and has fetch, not node:https.
await build({
  ...common,
  entryPoints: workerdEntries.map(e => `src/${e}.ts`),
  outdir: 'dist/workerd',
  external: [...common.external, './core.wasm', './tools.wasm', './doctor.wasm'],
  plugins: [
    {
      name: 'workerd',
      setup({ onResolve }) {
        onResolve({ filter: /\/modules\.js$/ }, () => ({ path: at('src/modules.workerd.ts') }))
        onResolve({ filter: /\/doctor-module\.js$/ }, () => ({
          path: at('src/doctor-module.workerd.ts'),
        }))
        for (const name of ['transport', 'gunzip']) {
          onResolve({ filter: new RegExp(`/${name}\\.default\\.js$`) }, () => ({
            path: at(`src/${name}.workerd.ts`),
          }))
        }
      },
    },
  ],
})
for (const name of ['core.wasm', 'tools.wasm', 'doctor.wasm']) {
  await copyFile(join(generated, name), at('dist/workerd', name))
}

// CommonJS has the same files, so that every entry shares one copy of each class there too. It can
// read the tools when they are needed, and Node's own crypto where there is no other.
await mkdir(at('dist/cjs'), { recursive: true })
await writeFile(at('dist/cjs/package.json'), '{ "type": "commonjs" }\n')
let lazy = 0
for (const file of await readdir(at('dist/esm'), { recursive: true })) {
  if (!file.endsWith('.js')) continue
  const written = await readFile(at('dist/esm', file), 'utf8')
  // No file has side effects, and each that is read costs a process as much as a signature.
  const source = written.replace(/^import "\.[^"]+";\n/gm, '')
  const { code } = await transform(source, {
    format: 'cjs',
    target: 'es2022',
    platform: 'node',
    define: { NODE_REQUIRE: 'require' },
  })
  const eager = new RegExp(`var (\\w+) = require\\("\\./${toolsFile.replace('.', '\\.')}"\\);`)
  const text = code.replace(eager, (_, name) => {
    lazy++
    return `const ${name} = { get TOOLS() { return require("./${toolsFile}").TOOLS; } };`
  })
  await mkdir(dirname(at('dist/cjs', file)), { recursive: true })
  await writeFile(at('dist/cjs', file), text)
}
if (lazy === 0) throw new Error('nothing reads the tools')

// In Node, import leads to the same files as require: one copy of each class in a process. Whoever
// bundles for Node gets modules, since a bundle that is a module itself has no require.
const crypto = up => `import { webcrypto } from 'node:crypto'
import { platform } from '${up}esm/platform.js'
platform.crypto = webcrypto
`
for (const entry of entries) {
  const up = '../'.repeat(entry.split('/').length)
  for (const [folder, text] of [
    ['dist/node', `export * from '${up}cjs/${entry}.js'\n`],
    ['dist/node/bundled', `${crypto(`../${up}`)}export * from '../${up}esm/${entry}.js'\n`],
  ]) {
    await mkdir(dirname(at(folder, entry)), { recursive: true })
    await writeFile(at(folder, `${entry}.js`), text)
  }
}

// The command line uses the package through its doors, and loads each command when it is called.
await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  outbase: 'src/cli',
  platform: 'node',
  target: 'node18',
  minify: true,
  // node-forge is CommonJS, and requires node:crypto.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  plugins: [
    {
      name: 'doors',
      setup({ onResolve }) {
        onResolve({ filter: /^\.{1,2}\/[\w/-]+\.js$/ }, ({ path, resolveDir }) => {
          const entry = relative(at('src'), join(resolveDir, path)).replace(/\.js$/, '')
          const door = entry === 'errors' ? 'index' : entry
          return entries.includes(door) ? { path: `../node/${door}.js`, external: true } : undefined
        })
      },
    },
  ],
})
await chmod(at('dist/cli/main.js'), 0o755)
// What is bundled keeps its notice; of node-forge's two licences this is the BSD one.
const forge = await readFile(join(home, '../node_modules/node-forge/LICENSE'), 'utf8')
const bsd = /New BSD License[^]*?(?=\n-{20,})/.exec(forge)[0]
await writeFile(at('dist/cli/LICENSE-node-forge'), `node-forge\n\n${bsd.trimEnd()}\n`)
await copyFile(join(home, '../node_modules/uqr/LICENSE'), at('dist/cli/LICENSE-uqr'))

const types = at('dist/types')
execFileSync(
  process.execPath,
  [
    join(home, '../node_modules/typescript/bin/tsc'),
    ...['-p', home, '--emitDeclarationOnly', '--declaration', '--outDir', types, '--rootDir', home],
  ],
  { stdio: 'inherit' },
)
for (const format of ['esm', 'cjs']) {
  for (const file of await readdir(join(types, 'src'), { recursive: true })) {
    if (!file.endsWith('.d.ts') || /^cli[\\/]/.test(file)) continue
    const text = await readFile(join(types, 'src', file), 'utf8')
    const out = at('dist', format, file)
    await mkdir(dirname(out), { recursive: true })
    // The generated files that the public types name stand beside them.
    const near = text.replace(/((?:\.\.\/)*)\.\.\/dist\/generated\//g, (_, up) => up || './')
    await writeFile(out, near)
  }
  for (const name of ['codes', 'api', 'endpoints', 'mistakes']) {
    const text = await readFile(join(types, `dist/generated/${name}.d.ts`), 'utf8')
    await writeFile(at('dist', format, `${name}.d.ts`), text.replaceAll('../../src/', './'))
  }
}
await rm(types, { recursive: true })
for (const page of ['README.md', 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']) {
  await copyFile(at('..', page), at(page))
}
