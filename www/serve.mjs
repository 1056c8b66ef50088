/** Serves the page on this machine: `node www/serve.mjs [port]`. */
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const HERE = new URL('./', import.meta.url)
const PACKAGE = new URL('../pkg/dist/esm/', import.meta.url)

/** A page that is one file. */
const OFFLINE = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The same for a page that holds WebAssembly; the stricter policy, with hashes, is its own. */
const DOCTOR = OFFLINE.replace("script-src 'unsafe-inline'", "$& 'wasm-unsafe-eval'") + '; img-src data:'

const SCRIPT = 'text/javascript; charset=utf-8'
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/doctor.css': ['doctor.css', 'text/css; charset=utf-8'],
  '/page.mjs': ['page.mjs', SCRIPT],
  '/bench.mjs': ['bench.mjs', SCRIPT],
  '/found.mjs': ['found.mjs', SCRIPT],
  '/link.mjs': ['link.mjs', SCRIPT],
  '/make.mjs': ['make.mjs', SCRIPT],
  '/recognise.mjs': ['recognise.mjs', SCRIPT],
  '/string.mjs': ['string.mjs', SCRIPT],
  '/message.mjs': ['message.mjs', SCRIPT],
  '/verdict.mjs': ['verdict.mjs', SCRIPT],
  '/examples.mjs': ['examples.mjs', SCRIPT],
  '/words.mjs': ['words.mjs', SCRIPT],
  '/doctor.html': ['dist/doctor.html', 'text/html; charset=utf-8', DOCTOR],
  '/endpoints.html': ['dist/endpoints.html', 'text/html; charset=utf-8', OFFLINE],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
}

/** The scripts of the package. No segment can hold a dot but the last, so none leads upwards. */
const MODULE = /^\/wxpay-wasm\/((?:[\w-]+\/)*[\w-]+\.js)$/

/** No network for the scripts: what the page says about the key can be checked here. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Starts the server on loopback; port 0 takes a free one. */
export async function startPage({ port = 0 } = {}) {
  const server = createServer(answer)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request, response) {
  const say = (status, type, content, policy = POLICY) => {
    response.writeHead(status, { ...HEADERS, 'content-security-policy': policy, 'content-type': type })
    response.end(request.method === 'HEAD' ? undefined : content)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'text/plain', 'GET only\n')
  const found = locate(request.url.split('?', 1)[0])
  if (found === undefined) return say(404, 'text/plain', 'not found\n')
  try {
    say(200, found.type, await readFile(found.file), found.policy)
  } catch {
    say(404, 'text/plain', 'not found\n')
  }
}

function locate(path) {
  if (Object.hasOwn(FILES, path)) {
    const [name, type, policy] = FILES[path]
    return { file: new URL(name, HERE), type, policy }
  }
  const module = MODULE.exec(path)?.[1]
  return module === undefined ? undefined : { file: new URL(module, PACKAGE), type: SCRIPT }
}

const started = process.argv[1] !== undefined && realpathSync(process.argv[1])
if (started === fileURLToPath(import.meta.url)) {
  if (!existsSync(new URL('index.js', PACKAGE))) {
    console.error('The package is not built yet: cargo xtask build')
    process.exit(1)
  }
  const port = Number(process.argv[2] ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error('usage: node www/serve.mjs [port]')
    process.exit(2)
  }
  console.log((await startPage({ port })).url)
}
