// Where the cells run: empty folders that have the packed package, and nothing of this project.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const HERE = import.meta.dirname
const run = promisify(execFile)

/** The tarball, a folder where it is installed, and the suite in both module systems. */
export async function preparePlace() {
  const place = await realpath(await mkdtemp(join(tmpdir(), 'wxpay-runtimes-')))
  const app = join(place, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), '{ "private": true }')
  // Whatever npm was told by the process that runs this is not passed on.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const npm = (args, cwd) => run('npm', args, { cwd, env: { ...env, npm_config_cache: join(place, 'cache') } })
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', place]
  const { stdout } = await npm(pack, join(HERE, '../../pkg'))
  const [{ filename }] = Object.values(JSON.parse(stdout))
  const tarball = join(place, filename)
  await npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], app)
  for (const [format, extension] of [['esm', 'mjs'], ['cjs', 'cjs']]) {
    await build({
      entryPoints: [join(HERE, 'suite.mjs')],
      outfile: join(app, `suite.${extension}`),
      bundle: true,
      format,
      target: 'es2021',
      charset: 'utf8',
      loader: { '.csv': 'text' },
      plugins: [{ name: 'gzip', setup: packed }],
      logLevel: 'warning',
    })
  }
  return { place, app, tarball }
}

/** `x.gz` is `x` with gzip, in base64. */
function packed({ onResolve, onLoad }) {
  onResolve({ filter: /\.gz$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path), namespace: 'gzip' }))
  onLoad({ filter: /./, namespace: 'gzip' }, async ({ path }) => {
    const bytes = gzipSync(await readFile(path.replace(/\.gz$/, '')))
    return { contents: bytes.toString('base64'), loader: 'text' }
  })
}
