import { readFile } from 'node:fs/promises'

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/shop.css': ['shop.css', 'text/css; charset=utf-8'],
  '/shop.js': ['shop.js', 'text/javascript; charset=utf-8'],
  '/receipt.js': ['receipt.js', 'text/javascript; charset=utf-8'],
  '/words.js': ['words.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Koa middleware: these headers stand on every answer, errors included. */
export async function headers(ctx, next) {
  ctx.set('content-security-policy', POLICY)
  ctx.set('x-content-type-options', 'nosniff')
  ctx.set('referrer-policy', 'no-referrer')
  ctx.set('cache-control', 'no-store')
  await next()
}

/** Puts the files of the page on the router: a closed list, read once, no paths from requests. */
export async function page(router) {
  for (const [path, [name, type]] of Object.entries(FILES)) {
    const content = await readFile(new URL(`./public/${name}`, import.meta.url), 'utf8')
    router.get(path, (ctx) => {
      ctx.type = type
      ctx.body = content
    })
  }
}
