// What reads the package without running it: TypeScript in each of its ways to resolve, and two linters.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DOORS } from './starters.mjs'
import { output, tool, version } from './tools.mjs'

const RESOLUTIONS = [
  { moduleResolution: 'node10', module: 'commonjs', files: ['use.ts'] },
  { moduleResolution: 'node16', module: 'node16', files: ['use.cts', 'use.mts'] },
  { moduleResolution: 'nodenext', module: 'nodenext', files: ['use.cts', 'use.mts'] },
  { moduleResolution: 'bundler', module: 'esnext', files: ['use.ts'] },
]

/**
 * Every door is imported, and what is wrong does not compile. The declarations are checked too, without
 * those of Node: only `wxpay-wasm/testing` needs them.
 */
const USE = `${Object.entries(DOORS)
  .filter(([door]) => door !== 'testing')
  .map(([door, from]) => `import * as ${door} from '${from}'`)
  .join('\n')}
import type { WxPayOptions } from 'wxpay-wasm/client'
const text: string = core.sign({ a: '1', n: 1 }, new core.Key('k'), 'HMAC-SHA256')
// @ts-expect-error a field is no object
core.sign({ a: {} }, text)
const options: WxPayOptions = { appid: 'x', mchid: 'y', partnerKey: text }
const pay = new client.WxPay(options)
// @ts-expect-error JSAPI needs an openid
void pay.unifiedOrder({ trade_type: 'JSAPI', body: 'tea', out_trade_no: 'A', total_fee: 1 })
void pay.orderQuery({ out_trade_no: 'A' }).then(({ trade_state }) => trade_state.length)
const orders = store.memoryStore()
const route = notify.paymentNotify({ ...options, store: orders, onOutcome: ({ outcome }) => void outcome.length })
export const mounted = [
  node.nodeNotify(route), koa.koaNotify(route), express.expressNotify(route), hapi.hapiNotify('/', route),
  fastify.fastifyNotify('/', route), cloud.cloudNotify(route), tenpay.Tenpay.init(options),
]
void worker.handleEvents(orders, { onPaid: ({ id }) => void id.toFixed() })
void bill.readBill(new Uint8Array()).then(({ columns }) => columns.length)
const verdict: string = doctor.diagnose({ a: '1' }, { key: text }).verdict
export { verdict }
`

/** The rows: name, version, and what rejects with what is wrong. */
export function types({ place, app, tarball }) {
  const rows = []
  const compilers = ['typescript5.0', 'typescript6', 'typescript7'].map(name => [name, version(name)])
  for (const { moduleResolution, module, files } of RESOLUTIONS) {
    for (const [compiler, release] of compilers) {
      // TypeScript 7 has it no more.
      if (moduleResolution === 'node10' && release.startsWith('7')) continue
      const run = async () => {
        const folder = join(place, `types-${compiler}-${moduleResolution}`)
        await mkdir(folder)
        await writeFile(join(folder, 'package.json'), '{ "private": true }')
        await symlink(join(app, 'node_modules'), join(folder, 'node_modules'))
        for (const file of files) await writeFile(join(folder, file), USE)
        const own = moduleResolution === 'node10' && release.startsWith('6') ? { ignoreDeprecations: '6.0' } : {}
        const compilerOptions = {
          noEmit: true, strict: true, target: 'es2022', lib: ['es2022', 'dom'], types: [], module, moduleResolution, ...own,
        }
        await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
        await output(process.execPath, [tool(compiler, 'bin/tsc'), '-p', '.'], folder)
      }
      rows.push({ name: `TypeScript, moduleResolution ${moduleResolution}`, version: release, run })
    }
  }
  const publint = [tool('publint/src/cli.js'), 'run', tarball, '--strict']
  rows.push({ name: 'publint', version: version('publint'), run: quietly(publint, place) })
  const attw = [tool('@arethetypeswrong/cli/dist/index.js'), tarball]
  rows.push({ name: '@arethetypeswrong/cli', version: version('@arethetypeswrong/cli'), run: quietly(attw, place) })
  return rows
}

/** Rejects with what the program printed, unless it finds nothing. */
const quietly = (args, cwd) => async () => void (await output(process.execPath, args, cwd))
