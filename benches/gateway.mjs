// How many unifiedorder calls a second the gateway simulator takes, sustained, with the load
// generator on the same machine, and what its memory does meanwhile. The load is raw HTTP on
// keep-alive sockets in a process of its own, so that the client's cost is as small as it gets.
//
//   node benches/gateway.mjs [seconds] [connections]
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { createGateway } from 'wxpay-wasm/testing'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const seconds = Number(process.argv[2] ?? 30)
const connections = Number(process.argv[3] ?? 16)

/** One signed order, by hand: the names stand in signing order. */
function request(port, number) {
  const fields = {
    appid: 'wxd930ea5d5a258f4f',
    body: '腾讯充值中心-QQ会员充值',
    mch_id: '1900000109',
    nonce_str: `n${number}`,
    notify_url: 'http://127.0.0.1:9/notify',
    out_trade_no: `B${number}`,
    product_id: 'P1',
    spbill_create_ip: '123.12.12.123',
    total_fee: '88',
    trade_type: 'NATIVE',
  }
  const text =
    Object.entries(fields)
      .map(pair => pair.join('='))
      .join('&') + `&key=${KEY}`
  const sign = createHash('md5').update(text).digest('hex').toUpperCase()
  const xml = `<xml>${Object.entries({ ...fields, sign })
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`
  return `POST /pay/unifiedorder HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(xml)}\r\n\r\n${xml}`
}

function load(port) {
  let sent = 0
  let done = 0
  let failed = 0
  const times = []
  const end = performance.now() + seconds * 1000
  const connect = () => {
    const socket = net.connect(port, '127.0.0.1')
    let began = 0
    let answer = ''
    const next = () => {
      if (performance.now() > end) return void socket.end()
      began = performance.now()
      answer = ''
      socket.write(request(port, ++sent))
    }
    socket.setEncoding('latin1')
    socket.on('connect', next)
    socket.on('data', part => {
      answer += part
      if (!answer.endsWith('</xml>')) return
      done += 1
      times.push(performance.now() - began)
      if (!answer.includes('<prepay_id>')) failed += 1
      next()
    })
    socket.on('close', () => {
      open -= 1
      if (open === 0)
        process.send({ done, failed, p50: quantile(times, 0.5), p99: quantile(times, 0.99) })
    })
  }
  let open = connections
  for (let i = 0; i < connections; i++) connect()
}

const quantile = (times, part) => times.sort((a, b) => a - b)[Math.floor(times.length * part)]

if (process.send !== undefined) {
  load(Number(process.env.PORT))
} else {
  const gateway = await createGateway({ maxOrders: 10_000 })
  const { port } = new URL(gateway.url)
  const heap = []
  const before = process.cpuUsage()
  const watch = setInterval(() => heap.push(Math.round(process.memoryUsage().rss / 2 ** 20)), 1000)
  const child = fork(new URL(import.meta.url), [String(seconds), String(connections)], {
    env: { ...process.env, PORT: port },
  })
  const result = await new Promise(resolve => child.once('message', resolve))
  clearInterval(watch)
  const { user, system } = process.cpuUsage(before)
  child.disconnect()
  const third = heap.slice(Math.floor(heap.length / 3))
  console.log(
    `${Math.round(result.done / seconds)} unifiedorder calls a second for ${seconds} s, ${connections} connections, ${result.failed} failed`,
  )
  console.log(
    `latency: half within ${result.p50.toFixed(2)} ms, 99 % within ${result.p99.toFixed(2)} ms`,
  )
  console.log(`CPU time of the gateway: ${Math.round((user + system) / result.done)} µs a call`)
  console.log(`resident memory, MB a second: ${heap.join(' ')}`)
  console.log(
    `last two thirds: ${Math.min(...third)} to ${Math.max(...third)} MB, with ${gateway.orders().length} orders kept`,
  )
  await gateway.close()
}
