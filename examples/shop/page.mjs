import { readFile } from 'node:fs/promises'

const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }

/** Which file of `public` is at which address. */
const FILES = {
  '/': 'index.html',
  '/admin': 'admin.html',
  ...Object.fromEntries([
    'base.css', 'shop.css', 'admin.css', 'icon.svg',
    'words.js', 'draw.js', 'shop.js', 'bill.js', 'watch.js', 'admin.js', 'refund.js',
  ].map((name) => [`/${name}`, name])),
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
  // The H5 cashier asks whose page it was opened from (h5, chapter 15.4); no path goes with it.
  ctx.set('referrer-policy', 'strict-origin')
  ctx.set('cache-control', 'no-store')
  await next()
}

/** Puts the files of the page on the router: a closed list, read once, no paths from requests. */
export async function page(router) {
  for (const [path, name] of Object.entries(FILES)) {
    const content = await readFile(new URL(`./public/${name}`, import.meta.url), 'utf8')
    router.get(path, (ctx) => {
      ctx.type = TYPES[name.split('.').at(-1)]
      ctx.body = content
    })
  }
}
