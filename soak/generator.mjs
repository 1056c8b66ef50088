// Sends notifications at a steady rate, as a process of its own and as cheaply as it can: messages are
// signed before the time runs, connections are kept, and of a reply only its end is looked for.
//
// Told by its parent: { port, from, count, prefix, rate, sockets, spoilt }. `rate` is in notifications a
// second, or 0 for as fast as the replies come. `spoilt`: signatures that are wrong, again and again the same few.
import net from 'node:net'
import { notificationOf } from './sender.mjs'

const SIGN = /(<sign>(?:<!\[CDATA\[)?)(\w)/
/** How often the clock is looked at, ms. */
const TICK = 2

const requestOf = body =>
  `POST /pay/notify HTTP/1.1\r\nhost: shop\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** A message whose signature is no longer right. */
const spoil = body => body.replace(SIGN, (_, before, digit) => before + (digit === '0' ? '1' : '0'))

/** Whether a reply of node:http has come to its end. */
function ended(text) {
  const at = text.indexOf('\r\n\r\n')
  if (at < 0) return false
  const length = /content-length: (\d+)/i.exec(text.slice(0, at))
  return length ? text.length >= at + 4 + Number(length[1]) : text.endsWith('0\r\n\r\n')
}

async function run({ port, from, count, prefix, rate, sockets, seconds, spoilt }) {
  const bodies = Array.from({ length: count }, (_, index) => {
    const body = notificationOf(`${prefix}${from + index}`)
    return Buffer.from(requestOf(spoilt ? spoil(body) : body), 'latin1')
  })
  const taken = new Uint8Array(spoilt ? 0 : count)
  const times = []
  const replies = {}
  const idle = []
  let next = 0
  let under = 0
  let began = 0
  let over = false

  const due = () => (over ? next : rate === 0 ? Infinity : Math.min(count, Math.floor(((performance.now() - began) * rate) / 1000)))
  const left = () => (spoilt ? !over : next < count)

  function pump() {
    // The one that has waited longest: the server closes what nobody uses for five seconds.
    while (idle.length > 0 && left() && next < due()) idle.shift().send(next++)
  }

  function open() {
    const socket = net.connect(port, '127.0.0.1').setNoDelay()
    socket.setEncoding('latin1')
    let text = ''
    let index = -1
    let at = 0
    const done = reply => {
      replies[reply] = (replies[reply] ?? 0) + 1
      // From the moment at which it was due: who waits for a connection waits too.
      times.push(performance.now() - (rate === 0 ? at : began + (index * 1000) / rate))
      if (reply === 'SUCCESS' && !spoilt) taken[index] = 1
      under--
      index = -1
      text = ''
    }
    socket.on('data', part => {
      text += part
      if (!ended(text)) return
      done(/<return_code><!\[CDATA\[(\w+)/.exec(text)?.[1] ?? text.slice(9, 12))
      idle.push(connection)
      pump()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (index >= 0) done('broken')
      const place = idle.indexOf(connection)
      if (place >= 0) idle.splice(place, 1)
      if (left() && !over) setTimeout(open, 10)
    })
    const connection = {
      send(number) {
        index = number
        at = performance.now()
        under++
        socket.write(bodies[number % count])
      },
      end: () => socket.destroy(),
    }
    socket.once('connect', () => idle.push(connection))
    return connection
  }

  const all = Array.from({ length: sockets }, open)
  while (idle.length < sockets) await new Promise(resolve => setTimeout(resolve, TICK))
  process.send('ready')
  await new Promise(resolve => process.once('message', resolve))
  began = performance.now()
  await new Promise(resolve => {
    const timer = setInterval(() => {
      pump()
      over ||= performance.now() - began >= seconds * 1000
      if ((over || !left()) && under === 0) resolve(clearInterval(timer))
    }, TICK)
  })
  const took = (performance.now() - began) / 1000
  over = true
  for (const connection of all) connection.end()
  const acknowledged = []
  for (const [index, is] of taken.entries()) if (is) acknowledged.push(from + index)
  // A channel that is closed before a long message has left it never delivers it.
  await new Promise(resolve => process.send({ took, sent: times.length, replies, times, acknowledged }, resolve))
}

process.once('message', given => run(given).then(() => process.disconnect()))
