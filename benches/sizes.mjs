// What a rival costs to install and to send to a browser.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
// The root's, without which there is no package to measure.
import { build } from 'esbuild'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** What one installs, and what one imports for the work of the table. */
const WHAT = {
  ours: {
    packages: ['wxpay-wasm'],
    entry: `export { sign, verify, signedXml, parseXml, parseSigned, miniProgramPay, nonceStr }
      from 'wxpay-wasm'`,
  },
  'hand-own': { packages: [], entry: "export { operations } from './contenders/hand-own.mjs'" },
  tenpay: { packages: ['tenpay'], entry: "export { default } from 'tenpay'" },
  'axios-plugin': {
    packages: ['wechatpay-axios-plugin'],
    entry: "export { default } from 'wechatpay-axios-plugin'",
  },
  'weixin-pay': { packages: ['weixin-pay'], entry: "export { default } from 'weixin-pay'" },
  'xml2js-crypto': {
    packages: ['xml2js'],
    entry: "export { operations } from './contenders/xml2js-crypto.mjs'",
  },
  'fxp-crypto': {
    packages: ['fast-xml-parser'],
    entry: "export { operations } from './contenders/fxp-crypto.mjs'",
  },
}

const BUILTINS = builtinModules.flatMap(name => [name, `node:${name}`])

/** Installed bytes and packages, minified and gzipped bytes, and the Node modules still needed. */
export async function sizes() {
  const result = {}
  for (const [id, { packages, entry }] of Object.entries(WHAT)) {
    const folders = new Set()
    for (const name of packages) closure(name, HERE, folders)
    const installed = [...folders].map(weigh).reduce((sum, bytes) => sum + bytes, 0)
    result[id] = { packages: folders.size, installed, ...(await bundle(entry)) }
  }
  return result
}

/** The folders of a package and of everything it depends on. */
function closure(name, from, folders) {
  const folder = locate(name, from)
  if (folder === undefined || folders.has(folder)) return
  folders.add(folder)
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(join(folder, 'package.json')),
  )
  for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
    // npm installs peers too.
    if (!peerDependenciesMeta?.[dependency]?.optional) closure(dependency, folder, folders)
  }
}

function locate(name, from) {
  // The folders are the same for every name, but for those that are also Node's own.
  const paths = createRequire(join(from, 'x.js')).resolve.paths('any-package')
  for (const path of paths) {
    try {
      return dirname(realpathSync(join(path, name, 'package.json')))
    } catch {
      // Not in this one; an optional dependency may be nowhere.
    }
  }
  return undefined
}

/** The bytes of a package without those nested in it: they are counted as themselves. */
function weigh(folder) {
  if (folder.startsWith(dirname(HERE)) && !folder.includes('node_modules')) return weighPacked(folder)
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? weigh(path) : statSync(path).size
  }
  return bytes
}

/** Ours is a link to its folder here: what npm would pack counts. */
function weighPacked(folder) {
  const [{ unpackedSize }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  return unpackedSize
}

async function bundle(contents) {
  const needs = new Set()
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: HERE },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
    // urllib, of tenpay, tries to load it and lives without.
    external: ['proxy-agent'],
    plugins: [
      {
        name: 'node-modules',
        setup({ onResolve }) {
          onResolve({ filter: /.*/ }, ({ path }) => {
            if (!BUILTINS.includes(path)) return undefined
            needs.add(path.replace(/^node:/, ''))
            return { path, external: true }
          })
        },
      },
    ],
  })
  const [{ contents: bytes }] = outputFiles
  return {
    minified: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    needs: [...needs].sort(),
  }
}
