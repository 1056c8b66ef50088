// A merchant's notify_url that keeps what it got and says SUCCESS.
import { once } from 'node:events'
import http from 'node:http'

const SUCCESS = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'

export async function openInbox() {
  const waiting = []
  const arrived = []
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    const taker = waiting.shift()
    if (taker === undefined) arrived.push(body)
    else taker(body)
    response.end(SUCCESS)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}/notify`,
    /** The next body. */
    take: () => new Promise(resolve => (arrived.length > 0 ? resolve(arrived.shift()) : waiting.push(resolve))),
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(resolve))
    },
  }
}
