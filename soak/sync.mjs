// SUCCESS leaves only after the disk has the payment: the system calls of the server, and of MariaDB, in
// the order in which one strace saw them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { account } from './books.mjs'
import { deliver, notificationOf, transactionOf } from './sender.mjs'
import { startShop } from './shop.mjs'

const STRACE = '/usr/bin/strace'
/** Above 0, only root may look at processes that are not its children. */
const SCOPE = '/proc/sys/kernel/yama/ptrace_scope'

/** A reason to skip, or false. */
export const noStrace = !existsSync(STRACE)
  ? 'no strace here (apt-get install strace)'
  : process.getuid() !== 0 && existsSync(SCOPE) && Number(readFileSync(SCOPE, 'utf8')) > 0
    ? 'only root may trace other processes here'
    : false

const CALLS = 'fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg,read,recvfrom,recvmsg'

/** One strace on these processes and all their threads, until `stop`. */
async function trace(pids, file) {
  const options = ['-f', '-ttt', '-y', '-s', '8192', '-e', `trace=${CALLS}`, '-o', file, ...pids.flatMap(pid => ['-p', String(pid)])]
  const child = spawn(STRACE, options, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8')
  await new Promise((resolve, reject) => {
    child.stderr.on('data', text => {
      said += text
      if (said.split('attached').length > pids.length) resolve()
    })
    child.once('exit', () => reject(new Error(`strace ended: ${said}`)))
  })
  return async () => {
    const gone = once(child, 'exit')
    child.kill('SIGINT')
    await gone
  }
}

/** Whole calls, by the lines on which they began and ended. */
async function* calls(file) {
  const open = new Map()
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file) })) {
    line++
    const found = /^(\d+) +(\d+\.\d+) (.*)$/s.exec(text)
    if (!found) continue
    const [, thread, , what] = found
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/s.exec(what)
    if (resumed) {
      const start = open.get(thread)
      open.delete(thread)
      if (start) yield { ...start, ended: line, text: start.text + resumed[2] }
      continue
    }
    const name = /^(\w+)\(/.exec(what)?.[1]
    if (name === undefined) continue
    const unfinished = what.endsWith('<unfinished ...>')
    const call = { thread, name, began: line, ended: line, text: what.replace(' <unfinished ...>', '') }
    if (unfinished) open.set(thread, call)
    else yield call
  }
}

/** The number of a transaction, as sender.mjs makes them. */
const TRANSACTION = /4200000001\d{18}/g

/**
 * Follows each payment through the trace: the write to the database's log that holds it, a sync of the
 * log that began after that write, the reply on the connection on which the payment came.
 *
 * SQLite writes a transaction when it is committed, all of it and as it is. A database server may write
 * its parts before, and in a form of its own: there the write counts that began after it had read COMMIT.
 */
async function follow(file, numbers, { isLog, server }) {
  const payments = new Map(
    numbers.map(number => [transactionOf(number), { committing: server ? Infinity : 0, written: null, synced: null, replied: null }]),
  )
  /** What was asked last: on a connection of HTTP, by a thread of the database server. */
  const asked = new Map()
  const unwritten = new Set()
  const unsynced = new Set()
  let syncs = 0
  const write = (payment, ended) => {
    payment.written = ended
    unwritten.delete(payment)
    unsynced.add(payment)
  }
  for await (const { thread, name, began, ended, text } of calls(file)) {
    const target = /^\w+\(\d+<([^>]*)>/.exec(text)?.[1] ?? ''
    const named = () => [...text.matchAll(TRANSACTION)].flatMap(([number]) => payments.get(number) ?? [])
    if (/^(fsync|fdatasync)$/.test(name)) {
      if (!isLog(target) || !/= 0$/.test(text)) continue
      syncs++
      for (const payment of unsynced) {
        if (payment.written >= began) continue
        payment.synced = ended
        unsynced.delete(payment)
      }
    } else if (isLog(target)) {
      if (!server) for (const payment of named()) if (payment.written === null) write(payment, ended)
      for (const payment of unwritten) if (payment.committing < began) write(payment, ended)
    } else if (/^(read|recvfrom|recvmsg)$/.test(name)) {
      const [payment] = named()
      const where = text.includes('<transaction_id>') && target.startsWith('socket:') && !text.includes('insert into') ? target : thread
      if (payment) asked.set(where, payment)
      const ready = asked.get(thread)
      if (server && ready?.committing === Infinity && text.includes('\\3commit"')) {
        ready.committing = ended
        unwritten.add(ready)
      }
    } else if (text.includes('[CDATA[SUCCESS]]')) {
      const payment = asked.get(target)
      if (payment && payment.replied === null) payment.replied = began
    }
  }
  const count = holds => [...payments.values()].filter(holds).length
  return {
    syncs,
    written: count(({ written }) => written !== null),
    replied: count(({ replied }) => replied !== null),
    after: count(({ synced, replied }) => synced !== null && replied !== null && synced < replied),
  }
}

export async function syncBeforeReply(kind, { notifications, at, say = () => {} }) {
  if (noStrace) return { figures: {}, checks: [[noStrace, false]] }
  const database = await kind.fresh()
  const numbers = Array.from({ length: notifications }, (_, index) => `${index}`)
  await database.addOrders(numbers)
  const shop = await startShop({ ...database.settings, bare: true })
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-trace-'))
  const file = join(folder, 'trace')
  const stop = await trace([shop.pid, ...(kind.server ? [kind.server.pid] : [])], file)
  // A half one after the other, a half at once.
  const half = notifications >> 1
  const bodies = numbers.map(notificationOf)
  await deliver(() => shop.port, bodies.slice(0, half), { at: 1 })
  await deliver(() => shop.port, bodies.slice(half), { at })
  await stop()
  await shop.stop()
  say(`${kind.name}: ${notifications} notifications traced`)
  const isLog = kind.server ? path => path.endsWith('/ib_logfile0') : path => path.endsWith('-wal')
  const { syncs, written, replied, after } = await follow(file, numbers, { isLog, server: kind.server !== undefined })
  rmSync(folder, { recursive: true })
  const checks = await account(database, numbers)
  await database.close()
  return {
    figures: { notifications, 'one after the other': half, [`${at} at a time`]: notifications - half, 'syncs of the log': syncs },
    checks: [
      [`each payment was written to the database's log (${written})`, written === notifications],
      [`each reply was seen (${replied})`, replied === notifications],
      [`each reply began after a sync that began after the payment was written, and succeeded (${after})`, after === notifications],
      ...checks,
    ],
  }
}
