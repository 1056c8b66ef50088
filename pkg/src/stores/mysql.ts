/** A connection of `mysql2`, as far as kysely's `MysqlDialect` uses it. */
export interface MysqlConnection {
  query(sql: string, parameters: readonly unknown[], callback: (error: any, result?: any) => void): any
  release(): void
}

/** A pool of connections, as far as kysely's `MysqlDialect` uses it. */
export interface MysqlPool {
  getConnection(callback: (error: any, connection: any) => void): void
  end(callback: (error?: any) => void): void
}

/** What `createPool` of `mysql2` returns: the one with callbacks, not that of `mysql2/promise`. */
export interface MysqlDriverPool {
  getConnection(callback: (error: any, connection: any) => void): unknown
  end(callback: (error?: any) => void): unknown
}

/** The store's question whether it talks to a pool made here. */
export const MYSQL_WRAPPED = 'do /* wxpay-wasm mysqlPool */ 0'

/** How long to wait for a connection, ms, be the server away or all connections busy. */
const CONNECTION_WAIT = 1000

/** How long a server that was not to be reached is not tried again, ms: hundreds who wait for it would keep the process busy with that alone. */
const AWAY = 50

/** How long to wait for an answer, ms: more than the server lets a statement wait for a lock. */
const ANSWER_WAIT = 2000

/** A new release may rewrite tables, and that takes as long as they are large. */
const DEFINITION = /^(create|alter|drop) /
const DEFINITION_WAIT = 3_600_000

/**
 * What every connection must be, whatever the server's defaults and the URL say.
 *
 * - Strict: without it a text that is too long is cut, and two numbers are one.
 *   NO_BACKSLASH_ESCAPES must not be in it: `mysql2` escapes by backslashes.
 * - READ COMMITTED: a statement decides on what is committed, not on what was
 *   when the transaction began.
 */
const SESSION = [
  'set names utf8mb4 collate utf8mb4_bin',
  "set session sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', autocommit = 1, innodb_lock_wait_timeout = 1",
  'set session transaction isolation level read committed',
]

/** The server takes no writes (ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION): a failover has left us with a replica. */
export const READ_ONLY: readonly unknown[] = [1290, 1836, 1792]

interface RawConnection extends MysqlConnection {
  destroy(): void
}

/**
 * A pool for kysely's `MysqlDialect` whose connections are fit for money. Takes
 * one of `mysql2`.
 *
 * - Every connection is strict, READ COMMITTED and speaks utf8mb4.
 * - No wait is longer than two seconds, neither for a connection nor for an answer; migrations aside.
 * - A connection that has not answered in time, broke off, or leads to a server
 *   that is read-only, is closed and not used again.
 * - Errors do not carry the statement, which has the payer's data in it.
 *
 * @example
 * import { createPool } from 'mysql2'
 * import { Kysely, MysqlDialect } from 'kysely'
 *
 * const pool = mysqlPool(createPool({ uri: process.env.DATABASE_URL, ssl: {} }))
 * const store = await sqlStore({ db: new Kysely({ dialect: new MysqlDialect({ pool }) }), dialect: 'mysql' })
 */
export function mysqlPool(pool: MysqlDriverPool): MysqlPool {
  const known = new WeakMap<RawConnection, MysqlConnection>()
  let away = { until: 0, error: undefined as unknown }

  return {
    getConnection(callback) {
      if (performance.now() < away.until) return callback(away.error, undefined)
      let late = false
      const timer = setTimeout(() => {
        late = true
        callback(lost(`no connection to the database in ${CONNECTION_WAIT} ms`), undefined)
      }, CONNECTION_WAIT)
      const settle = (error: unknown, connection?: MysqlConnection) => {
        clearTimeout(timer)
        if (late) return connection?.release()
        callback(error, connection)
      }
      pool.getConnection((error, raw: RawConnection) => {
        if (error) {
          if (isLost(error)) away = { until: performance.now() + AWAY, error }
          return settle(error)
        }
        const connection = known.get(raw)
        if (connection) return settle(null, connection)
        const fresh = withLimits(raw)
        prepare(fresh, (error) => {
          if (error) return fresh.release(), settle(error)
          known.set(raw, fresh)
          settle(null, fresh)
        })
      })
    },
    end(callback) {
      pool.end(callback)
    },
  }
}

function prepare(connection: MysqlConnection, done: (error: unknown) => void, from = 0): void {
  const sql = SESSION[from]
  if (sql === undefined) return done(null)
  connection.query(sql, [], (error) => (error ? done(error) : prepare(connection, done, from + 1)))
}

function withLimits(raw: RawConnection): MysqlConnection {
  let doomed = false
  return {
    query(sql, parameters, callback) {
      if (sql === MYSQL_WRAPPED) return callback(null, [{ wrapped: 1 }])
      let answered = false
      const answer = (error: any, result?: unknown) => {
        if (answered) return
        answered = true
        clearTimeout(timer)
        if (error) {
          doomed ||= isLost(error)
          delete error.sql
        }
        callback(error, result)
      }
      const limit = DEFINITION.test(sql) ? DEFINITION_WAIT : ANSWER_WAIT
      const timer = setTimeout(() => {
        doomed = true
        // What this statement does on the server is its own affair from here on.
        raw.destroy()
        answer(lost(`the database did not answer in ${limit} ms`))
      }, limit)
      return raw.query(sql, parameters, answer)
    },
    release() {
      if (doomed) raw.destroy()
      else raw.release()
    },
  }
}

function lost(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT', fatal: true })
}

/** Whether nothing more can be expected of the connection. `mysql2` calls such errors fatal, those of a socket included. */
export function isLost(error: unknown): boolean {
  const { fatal, errno, code } = (error ?? {}) as { fatal?: unknown; errno?: unknown; code?: unknown }
  return fatal === true || READ_ONLY.includes(errno) || LOST.includes(code)
}

/** Of sockets, where they are refused before there is a connection to be fatal. */
const LOST: readonly unknown[] = [
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST', 'ER_SERVER_SHUTDOWN', 'ER_CON_COUNT_ERROR',
]
