// A MariaDB server of the tests' own: a temporary data directory, loopback only, a user with a password.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from 'mysql2'
import { Kysely, MysqlDialect } from 'kysely'
import { mysqlPool } from 'wxpay-wasm/store/sql'

const SERVER = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/opt/homebrew/bin/mariadbd'].find(existsSync)

/** For node:test's `skip`: a reason, or false. In CI nothing is skipped. */
export const noMariadb =
  SERVER === undefined && process.env.CI === undefined
    ? 'no MariaDB server here (apt-get install mariadb-server): the tests of it are skipped'
    : false

/** Ends the server with this process, however that ends. */
const SETPRIV = ['/usr/bin/setpriv'].find(existsSync)
const tied = SETPRIV ? [SETPRIV, '--pdeathsig=KILL'] : []

const PASSWORD = 'shop-password'
const root = process.getuid?.() === 0 ? ['--user=root'] : []

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

/**
 * Starts a server.
 *
 * @returns { port, pid, address, connect, url, query, kysely, newDatabase, stop, start, kill, pause, resume, close }
 */
export async function startMariadb(...options) {
  if (SERVER === undefined) throw new Error('no mariadbd: install mariadb-server')
  const home = mkdtempSync(join(tmpdir(), 'wxpay-mariadb-'))
  const data = join(home, 'data')
  mkdirSync(data)
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, `--tmpdir=${home}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...root],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const init = join(home, 'init.sql')
  writeFileSync(
    init,
    `create user if not exists 'shop'@'127.0.0.1' identified by '${PASSWORD}';
     grant all privileges on *.* to 'shop'@'127.0.0.1' with grant option;\n`,
  )
  const port = await freePort()
  let child
  let ending = false
  let databases = 0

  async function start() {
    const log = join(home, 'log')
    const [program, ...first] = [...tied, SERVER]
    child = spawn(
      program,
      [
        ...first,
        ...['--no-defaults', `--datadir=${data}`, `--tmpdir=${home}`, `--socket=${join(home, 'socket')}`, `--pid-file=${join(home, 'pid')}`],
        ...[`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', `--init-file=${init}`, `--log-error=${log}`],
        ...['--innodb-buffer-pool-size=64M', '--innodb-log-file-size=32M', '--max-connections=100', ...root, ...options],
      ],
      { stdio: 'ignore' },
    )
    ending = false
    child.once('exit', (code, signal) => {
      if (!ending) console.error(`mariadbd ended by itself (${signal ?? code}):\n${readFileSync(log, 'utf8').slice(-4000)}`)
    })
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`mariadbd ended: ${readFileSync(log, 'utf8')}`)
      if (await query('select 1').then(() => true, () => false)) return
      await sleep(100)
    }
    throw new Error('mariadbd does not answer')
  }

  /** Options of mysql2, for a process of its own. */
  const address = database => ({ host: '127.0.0.1', port, user: 'shop', password: PASSWORD, database })

  /** A pool of mysql2, on this server or behind a proxy. */
  const connect = (database, more = {}) => createPool({ ...address(database), connectionLimit: 10, ...more })

  /** One statement, past the store. */
  async function query(sql, database) {
    const pool = connect(database, { connectionLimit: 1 })
    try {
      return (await pool.promise().query(sql))[0]
    } finally {
      await pool.promise().end()
    }
  }

  async function end(signal) {
    const gone = once(child, 'exit')
    ending = true
    child.kill(signal)
    await gone
  }

  await start()
  return {
    port,
    get pid() {
      return child.pid
    },
    address,
    connect,
    url: database => `mysql://shop:${PASSWORD}@127.0.0.1:${port}/${database}`,
    query,
    start,
    kysely: (database, more) => new Kysely({ dialect: new MysqlDialect({ pool: mysqlPool(connect(database, more)) }) }),
    async newDatabase() {
      const name = `shop_${++databases}`
      await query(`create database ${name}`)
      return name
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGCONT')
        await end('SIGKILL')
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/**
 * Stands between a pool and the server and cuts connections at COMMIT.
 *
 * - `before`: COMMIT never reaches the server
 * - `after`: it does, and the connection is cut at once
 * - `answered`: it does, the answer arrives here and no further
 *
 * @returns { port, cut(mode): the next COMMIT, cuts: number, close }
 */
export async function commitProxy(port) {
  let next = null
  const sockets = new Set()
  const proxy = {
    cuts: 0,
    cut: mode => (next = mode),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  const server = net.createServer(client => {
    const upstream = net.connect(port, '127.0.0.1')
    let mute = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.destroy())
    upstream.on('data', bytes => (mute ? client.destroy() : client.write(bytes)))
    // A packet: three bytes of length, a sequence number, and for a query 0x03 and its text.
    let held = Buffer.alloc(0)
    client.on('data', bytes => {
      held = Buffer.concat([held, bytes])
      while (held.length >= 4 && held.length >= 4 + held.readUIntLE(0, 3)) {
        const packet = held.subarray(0, 4 + held.readUIntLE(0, 3))
        held = held.subarray(packet.length)
        const mode = packet[4] === 3 && packet.toString('latin1', 5) === 'commit' ? next : null
        if (mode === null) {
          upstream.write(packet)
          continue
        }
        next = null
        proxy.cuts++
        if (mode === 'before') return client.destroy()
        mute = true
        upstream.write(packet)
        if (mode === 'after') return client.destroy()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.port = server.address().port
  return proxy
}
