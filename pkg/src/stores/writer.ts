import type { Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { fillRandom } from '../random.js'
import { raw, type OpenDatabase, type SqlDialect, type Tables } from './schema.js'

/**
 * Work on the database. It may be done again, so whatever it does outside the
 * database must bear that; for business reasons it returns and does not throw,
 * since what it throws ends the transaction it shares with others.
 *
 * @param again whether an earlier attempt may have been committed, its answer lost
 */
export type Work<T> = (db: Kysely<Tables>, again: boolean) => Promise<T>

/** How long an operation waits for other writers before it gives up, ms: below the five seconds WeChat waits for a reply. */
const LOCK_WAIT = 2000

/** How long it waits at most for anything, ms. A server that has not answered by then is asked no more; what it does is not known. */
const ANSWER_WAIT = 2800

/** Pauses between two tries on a locked database, ms; the last one repeats. Short, since SQLite's lock has no queue: who asks seldom starves. */
const PAUSES = [1, 1, 2, 3, 5]

/** The same for servers, which deadlock by chance and start slowly; up to twice as long, by chance. */
const SERVER_PAUSES = [5, 10, 20, 50, 100, 200]

/** Work that goes into one transaction. The next batch forms while this one waits for the disk. */
const BATCH = 128

interface Job {
  work: Work<unknown>
  deadline: number
  resolve: (result: any) => void
  reject: (error: unknown) => void
}

/** Runs the work of a store: tries again what a moment later may succeed, and makes one kind of error of all the rest. */
export class Writer {
  readonly #db: Kysely<Tables>
  readonly #dialect: SqlDialect
  readonly #jobs: Job[] = []
  #draining = false

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db
    this.#dialect = dialect
  }

  /** Work that reads, outside of any transaction. */
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return inTime(this.patiently(() => work(this.#db)))
  }

  /** One durable transaction; several callers may share it. Resolves after its commit. */
  write<T>(opened: OpenDatabase, work: Work<T>): Promise<T> {
    if (!this.#dialect.grouped) return inTime(this.#alone(opened, work))
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ work, deadline: performance.now() + LOCK_WAIT, resolve, reject })
      if (!this.#draining) void this.#drain(opened)
    })
  }

  async #alone<T>(opened: OpenDatabase, work: Work<T>): Promise<T> {
    let again = false
    return this.patiently(async () => {
      const stage = { committing: false }
      try {
        return await this.#transact(opened, (trx) => work(trx, again), stage)
      } catch (error) {
        // The connection broke off before the answer to COMMIT came: it may stand. The next attempt waits for the
        // locks of this one, should the server still be at it, and then finds what it has written, or nothing.
        again ||= stage.committing && this.#dialect.failure(error) === 'lost'
        throw error
      }
    })
  }

  async #drain(opened: OpenDatabase): Promise<void> {
    this.#draining = true
    // After a batch has failed, its jobs go one by one: the fault of one is not the others'.
    let single = 0
    for (let tries = 0; this.#jobs.length > 0; ) {
      // Lets everybody in whose request has arrived by now.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#jobs.slice(0, single > 0 ? 1 : BATCH)
      const results: unknown[] = []
      try {
        await this.#transact(opened, async (trx) => {
          results.length = 0
          for (const { work } of batch) results.push(await work(trx, false))
        })
        this.#jobs.splice(0, batch.length).forEach(({ resolve }, index) => resolve(results[index]))
      } catch (error) {
        if (this.#dialect.failure(error) === 'lock') {
          // One moment for both halves: a job whose time ends in between would be in neither, and never settle.
          const now = performance.now()
          const waiting = this.#jobs.splice(0)
          for (const { deadline, reject } of waiting) if (now > deadline) reject(failed(error))
          this.#jobs.push(...waiting.filter(({ deadline }) => now <= deadline))
          await wait(PAUSES, tries++)
          continue
        }
        if (batch.length > 1) {
          single = batch.length
          continue
        }
        this.#jobs.splice(0, 1).forEach(({ reject }) => reject(failed(error)))
      }
      tries = 0
      single = Math.max(0, single - 1)
    }
    this.#draining = false
  }

  /** One transaction; rejects with the error that ended it. */
  #transact<T>(opened: OpenDatabase, work: (trx: Kysely<Tables>) => Promise<T>, stage = { committing: false }): Promise<T> {
    // kysely's own transaction() tells the error of its rollback instead, and not whether COMMIT was under way.
    return this.#db.connection().execute(async (trx) => {
      try {
        await raw(trx, 'begin')
        const result = await work(trx)
        await opened.assertDurable(trx)
        stage.committing = true
        await raw(trx, 'commit')
        return result
      } catch (error) {
        // Fails where nothing was begun, or the database has rolled back by itself.
        await raw(trx, 'rollback').catch(() => undefined)
        throw error
      }
    })
  }

  /** Repeats what failed on a lock or a connection, for two seconds at most. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + LOCK_WAIT
    for (let attempt = 0, locks = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const failure = this.#dialect.failure(error)
        if (failure === 'lock') locks++
        if (failure === null || locks > this.#dialect.lockRetries || performance.now() > deadline) throw failed(error)
        // A server that is away is not there again in a millisecond.
        await (this.#dialect.grouped ? wait(PAUSES, attempt) : wait(SERVER_PAUSES, failure === 'lost' ? attempt + 2 : attempt, chance()))
      }
    }
  }
}

function wait(pauses: readonly number[], attempt: number, chance = 0): Promise<void> {
  const least = pauses[Math.min(attempt, pauses.length - 1)] as number
  return new Promise((resolve) => setTimeout(resolve, least * (1 + chance)))
}

/** From 0 to 1: who has met somebody must not meet him again. */
function chance(): number {
  const byte = new Uint8Array(1)
  fillRandom(byte)
  return (byte[0] as number) / 256
}

/** An error of the database in our words. */
function failed(error: unknown): WxPayError {
  if (error instanceof WxPayError) return error
  return new WxPayError('STORE_FAILED', 'the order store could not do its work; the cause is attached', { cause: error })
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new WxPayError('STORE_FAILED', `the database did not answer in ${ANSWER_WAIT} ms; whether the work was done is not known`)
    timer = setTimeout(() => reject(error), ANSWER_WAIT)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
