// Strangers at the notification route: a body without end, connections that hardly move, a flood of
// signatures that are wrong. Genuine notifications go on, and memory stays as it is.
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { account } from './books.mjs'
import { generator, watchMemory } from './generate.mjs'
import { percentiles, share } from './percentiles.mjs'
import { deliver, notificationOf } from './sender.mjs'
import { startShop } from './shop.mjs'

const MiB = 2 ** 20
const HEAD = 'POST /pay/notify HTTP/1.1\r\nhost: shop\r\ncontent-type: text/xml\r\n'
/** Milliseconds for all but one in a hundred. */
const PATIENCE = 250
/** What a connection may take, KiB: the largest body, and as much again. */
const EACH = 128
/** How much more memory in the last quarter of the time than in the second is flat, MiB; the first is the start. */
const FLAT = 16

/** A body of so many bytes, chunked or with its length; how much of it was taken before the server had enough. */
function huge(port, bytes, chunked) {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    const piece = Buffer.alloc(MiB / 16, 'a')
    let sent = 0
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', text => (answer += text))
    socket.on('error', () => {})
    socket.on('close', () => resolve({ sent, status: answer.slice(9, 12) }))
    const more = () => {
      while (sent < bytes && !socket.destroyed) {
        if (chunked) socket.write(`${piece.length.toString(16)}\r\n`)
        const room = socket.write(piece)
        if (chunked) socket.write('\r\n')
        sent += piece.length
        if (!room) return
      }
    }
    socket.on('drain', more)
    socket.on('connect', () => {
      socket.write(`${HEAD}${chunked ? 'transfer-encoding: chunked' : `content-length: ${bytes}`}\r\n\r\n`)
      more()
    })
  })
}

/** Connections that send a byte a second: half of them in their head, half in their body. */
function slowly(port, count) {
  let closed = 0
  let over = false
  const sockets = new Set()
  const open = index => {
    const text = index % 2 === 0 ? `${HEAD}x-slow: ${'a'.repeat(1000)}` : `${HEAD}content-length: 1000\r\n\r\n${'<'.repeat(999)}`
    let at = index % 2 === 0 ? 20 : text.indexOf('\r\n\r\n') + 4
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text.slice(0, at)))
    sockets.add(socket)
    const timer = setInterval(() => socket.write(text[at++] ?? ' '), 1000)
    socket.on('error', () => {})
    socket.resume()
    socket.on('close', () => {
      clearInterval(timer)
      sockets.delete(socket)
      closed++
      // Who was thrown out comes back.
      if (!over) setTimeout(open, 100, index)
    })
  }
  for (let index = 0; index < count; index++) open(index)
  return () => {
    over = true
    for (const socket of sockets) socket.destroy()
    return closed
  }
}

export async function strangers(kind, { seconds, rate, slow, huge: bytes, flood, say = () => {} }) {
  const database = await kind.fresh()
  const warm = Math.ceil(rate * 3)
  const total = rate * seconds
  const numbers = Array.from({ length: warm + total }, (_, index) => `${index}`)
  await database.addOrders(numbers)
  const shop = await startShop({ ...database.settings, bare: true })
  const common = { port: shop.port, prefix: '', sockets: 32 }
  const warmed = await (await generator({ ...common, from: 0, count: warm, rate, seconds: 60 })).go()
  const { memory: before } = await shop.ask({ memory: true })
  const genuine = await generator({ ...common, from: warm, count: total, rate, seconds: seconds * 2 })
  const flooding = await generator({ ...common, sockets: flood, from: 0, count: 50, rate: 0, seconds, spoilt: true })
  const memory = watchMemory(shop)
  const stopSlow = slowly(shop.port, slow)
  const flooded = flooding.go()
  const going = genuine.go()
  const bodies = []
  const huges = (async () => {
    await sleep(200)
    for (const chunked of [true, false]) bodies.push(await huge(shop.port, bytes, chunked))
  })()
  const [steady, bad] = await Promise.all([going, flooded, huges])
  const closed = stopSlow()
  const { second, last, most } = await memory.end()
  const health = await shop.ask({ memory: true })
  const acknowledged = [...warmed.acknowledged, ...steady.acknowledged].map(String)
  const taken = new Set(acknowledged)
  await deliver(() => shop.port, numbers.filter(number => !taken.has(number)).map(notificationOf))
  await shop.stop()
  say(`${kind.name}: ${bad.sent} bad signatures, ${closed} slow connections ended`)
  const errors = total - (steady.replies.SUCCESS ?? 0)
  const checks = await account(database, numbers, { acknowledged })
  await database.close()
  const start = Math.round(before / MiB)
  const p99 = share(steady.times, 0.99)
  return {
    figures: {
      seconds, 'genuine, a second': rate, ...percentiles(steady.times), 'bad signatures, a second': Math.round(bad.sent / bad.took),
      'connections that flood': flood, 'slow connections at a time': slow, 'ended by the server': closed,
      'sizes of the bodies, MiB': bytes / MiB, 'sent before the server had enough, MiB': bodies.map(({ sent }) => (sent / MiB).toFixed(1)).join(' and '),
      'memory of the server before, MiB': start, 'most memory, MiB': most,
      'in the second quarter, MiB': second, 'in the last quarter, MiB': last, 'refused': health['refusals{kind="payment",code="SIGN_MISMATCH"}'] ?? 0,
    },
    checks: [
      [`no bad signature was taken (${JSON.stringify(bad.replies)})`, bad.sent > 0 && (bad.replies.FAIL ?? 0) === bad.sent],
      // Whose bytes are still on their way when the server has closed may see the connection broken, and not the answer.
      [`large bodies were cut off, with 413 (${bodies.map(({ status }) => status || 'broken').join(', ')})`, bodies.every(({ status, sent }) => ['413', ''].includes(status) && sent < bytes)],
      ...checks,
    ],
    limits: [
      [`every genuine notification was taken at once (${errors} were not)`, errors === 0],
      [`p99 at most ${PATIENCE} ms (${p99})`, p99 <= PATIENCE],
      [`at most ${EACH} KiB of memory for each of ${slow + flood} connections (${Math.round(((most - start) * 1024) / (slow + flood))})`, (most - start) * 1024 <= EACH * (slow + flood)],
      [`memory stays as it is (${last - second} MiB more in the last quarter than in the second)`, last - second <= FLAT],
    ],
  }
}
