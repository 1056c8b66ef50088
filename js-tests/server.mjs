// Servers on free ports of this machine that end with their test.
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'

/** An HTTP server; `requests` holds what it was asked, bodies read. */
export async function serve(t, answer) {
  const requests = []
  const server = http.createServer(async (request, response) => {
    const chunks = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    requests.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    })
    answer(response, requests.at(-1))
  })
  const url = await listen(t, server)
  return { url, requests }
}

/** A server that says `text` to whatever it hears, and no more. */
export async function blurt(t, text, { end = false } = {}) {
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => (end ? socket.end(text) : socket.write(text)))
  })
  return { url: await listen(t, server) }
}

/** Listens on a free port and closes with the test, whoever is still connected. */
export async function listen(t, server) {
  const sockets = new Set()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    if (server.listening) await once(server, 'close')
  })
  return `http://127.0.0.1:${server.address().port}`
}
