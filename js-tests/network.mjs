// Two hosts of a bank, each with a fault of its own, and the package's network layer by itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { GOOD, SERVER_KEY } from './certificates.mjs'
import { listen } from './server.mjs'
import { APPID, KEY, MCHID, read, signed } from './wire.mjs'

export const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'https://shop.example/notify' }
export const ORDER = { trade_type: 'NATIVE', product_id: 'P1', body: 'tea', out_trade_no: 'A1001', total_fee: 101 }

const SUCCESS = { return_code: 'SUCCESS', result_code: 'SUCCESS', appid: APPID, mch_id: MCHID }
export const FOUND = signed({ ...SUCCESS, trade_state: 'NOTPAY', out_trade_no: 'A1001' })
const PLACED = signed({ ...SUCCESS, trade_type: 'NATIVE', prepay_id: 'wx1', code_url: 'weixin://x' })
export const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

/** The parts of the network layer that have no door of their own, from their sources. */
export async function layer() {
  const src = join(dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json'))), 'src')
  const files = ['deliver', 'policy', 'clock', 'breaker', 'budget', 'retry', 'transport.node', 'errors', 'micropay']
  const { outputFiles } = await build({
    stdin: { contents: files.map(file => `export * from './${file}.ts'`).join('\n'), resolveDir: src },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
}

/** A host that answers; it counts its orders, and how often each was asked for. */
export async function bank(t, { cert, spoil } = {}) {
  const orders = new Map()
  const requests = []
  const handler = async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    requests.push({ url: request.url, headers: request.headers, text, socket: request.socket })
    const isOrder = request.url === '/pay/unifiedorder'
    if (isOrder) {
      const { out_trade_no } = read(text)
      orders.set(out_trade_no, (orders.get(out_trade_no) ?? 0) + 1)
    }
    if (spoil === undefined) response.end(isOrder ? PLACED : FOUND)
    else spoil(response, requests.length, request)
  }
  const secure = cert !== undefined
  const server = secure
    ? https.createServer({ cert, key: SERVER_KEY }, handler)
    : http.createServer(handler)
  server.on('tlsClientError', () => {})
  const url = await listen(t, server)
  return { url: secure ? url.replace('http:', 'https:') : url, orders, requests, server }
}

/** A host with a certificate that the test authority vouches for. */
export const secureBank = t => bank(t, { cert: GOOD })

/** An address at which nobody listens. */
export async function nobody() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

/** A host that lets nobody connect and refuses nobody: its queue of connections is full. */
export async function blackHole(t) {
  const script = `
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const [port] = await once(child.stdout, 'data')
  const fill = () => {
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    t.after(() => socket.destroy())
    return Promise.race([once(socket, 'connect').then(() => true), new Promise(r => setTimeout(r, 300, false))])
  }
  for (let i = 0; i < 16; i++) {
    if (!(await fill())) return `http://127.0.0.1:${port}`
  }
  throw new Error('the queue is never full')
}

/** A host that says `bytes` to every connection or request, and then ends or resets it. */
export async function raw(t, react) {
  let connections = 0
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    react(socket, ++connections)
  })
  return { url: await listen(t, server), connections: () => connections }
}

/** Milliseconds that the promise took, and what it came to. */
export async function timed(promise) {
  const start = performance.now()
  const [{ value, reason }] = await Promise.allSettled([promise])
  return { took: performance.now() - start, value, error: reason }
}
