// The doors of the frameworks on `node:http`, and `wxpay-wasm/cloud`: a message over a real connection.
import { holds, same } from '../expect.mjs'
import { KEY, MERCHANT, PAID } from './merchant.mjs'
import { shop } from './notify.mjs'

/** The status and the text that a server's `answer` gives to a message. */
async function post({ http }, answer, body, method = 'POST') {
  const server = http.createServer(answer)
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  try {
    return await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, agent: false, headers: { 'content-type': 'text/xml' } }
      const request = http.request(options, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', part => (text += part))
        response.on('end', () => resolve([response.statusCode, text]))
      })
      request.on('error', reject)
      request.end(body)
    })
  } finally {
    server.close()
  }
}

/** How each framework passes a request on. */
const MOUNTED = {
  node: ({ node }, route) => node.nodeNotify(route),
  express({ express }, route) {
    const handler = express.expressNotify(route)
    return (req, res) => handler(req, res, error => res.writeHead(500).end(String(error)))
  },
  koa({ koa }, route) {
    const handler = koa.koaNotify(route)
    return async (req, res) => {
      const headers = {}
      const ctx = { req, request: {}, status: 404, body: '', set: given => Object.assign(headers, given) }
      await handler(ctx)
      res.writeHead(ctx.status, headers).end(ctx.body)
    }
  },
}

export const adapters = {
  ...Object.fromEntries(
    Object.entries(MOUNTED).map(([name, mount]) => [
      `/${name}`,
      async doors => {
        const { orders, route } = await shop(doors)
        const answer = mount(doors, route)
        const xml = doors.core.signedXml(PAID, KEY)
        const [status, text] = await post(doors, answer, xml)
        same(status, 200, text)
        holds(text.includes('SUCCESS'), text)
        same((await orders.findOrder('A1001')).state, 'SUCCESS', 'the order')
        holds((await post(doors, answer, xml.replace('101', '102')))[1].includes('FAIL'), 'a forgery')
        same((await post(doors, answer, undefined, 'PUT'))[0], 405, 'another method')
        same((await post(doors, answer, 'x'.repeat(70_000)))[0], 413, 'a body without end')
      },
    ]),
  ),
  async '/fastify, /hapi, /tenpay'(doors) {
    const { route } = await shop(doors)
    holds(typeof doors.fastify.fastifyNotify('/pay', route) === 'function', 'a plugin')
    same(doors.hapi.hapiNotify('/pay', route).path, '/pay', 'a route')
    const pay = new doors.tenpay.Tenpay(MERCHANT)
    const next = await new Promise(resolve => {
      const route = pay.middlewareForExpress('pay')
      const req = { body: doors.core.signedXml(PAID, KEY) }
      route(req, { writeHead: resolve, end() {} }, () => resolve(req.weixin))
    })
    same(next.out_trade_no, 'A1001', 'the verified fields')
  },
}

export const cloud = {
  async 'an HTTP event, text and base64'(doors) {
    const { orders, route } = await shop(doors)
    const main = doors.cloud.cloudNotify(route)
    const xml = doors.core.signedXml({ ...PAID, attach: 'table' }, KEY)
    for (const event of [{ body: xml, isBase64Encoded: false }, { body: btoa(xml), isBase64Encoded: true }]) {
      const { statusCode, body } = await main({ httpMethod: 'POST', headers: {}, ...event })
      same([statusCode, body.includes('SUCCESS')], [200, true], body)
    }
    same((await orders.findOrder('A1001')).state, 'SUCCESS', 'the order')
  },
}
