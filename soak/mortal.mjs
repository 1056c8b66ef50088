// Drivers, requests and responses in which a process can be killed. The package stays as it is: it is
// given these in place of the real ones.
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { pointOf } from './points.mjs'

/** The point at which this process ends, and how often it comes by there before. */
let armed = null

export function arm(point, hit = 1, checkpoint = 0) {
  armed = { point, hit, checkpoint, thread: point === 'checkpoint' ? executioner(checkpoint) : null }
}

/** Nothing runs after this line, not even in this process's own thread. */
const die = () => process.kill(process.pid, 'SIGKILL')

export function at(point) {
  if (armed !== null && armed.point === point && --armed.hit === 0) die()
}

function around(sql, run) {
  at(pointOf('before', sql))
  const result = run()
  at(pointOf('after', sql))
  return result
}

/** A thread that kills the process so many milliseconds after it was told to: the driver holds the main one. */
function executioner(milliseconds) {
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const code = `
    const { flag, milliseconds } = require('node:worker_threads').workerData
    require('node:worker_threads').parentPort.postMessage('ready')
    Atomics.wait(flag, 0, 0)
    for (const end = performance.now() + milliseconds; performance.now() < end;);
    process.kill(process.pid, 'SIGKILL')`
  const worker = new Worker(code, { eval: true, workerData: { flag, milliseconds } })
  worker.unref()
  return { flag, ready: new Promise(resolve => worker.once('message', resolve)) }
}

/** Resolves when the process can be killed. */
export const ready = () => armed?.thread?.ready

/** A driver of SQLite. `past` is a file that says whether a checkpoint came to its end. */
export function mortalDriver(driver, past) {
  const checkpoint = sql => {
    if (armed?.thread == null || pointOf('after', sql) !== 'after COMMIT' || --armed.hit !== 0) return
    const { flag } = armed.thread
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
    driver.exec('pragma wal_checkpoint(truncate)')
    writeSync(past, 'past\n')
    for (;;);
  }
  return {
    close: () => driver.close(),
    exec: sql => around(sql, () => driver.exec(sql)),
    prepare(sql) {
      const statement = driver.prepare(sql)
      return {
        reader: statement.reader,
        all: parameters => around(sql, () => statement.all(parameters)),
        run: parameters =>
          around(sql, () => {
            const result = statement.run(parameters)
            checkpoint(sql)
            return result
          }),
        iterate: parameters => statement.iterate(parameters),
      }
    },
  }
}

/** A pool of mysql2. */
export function mortalPool(pool) {
  const hooked = new WeakSet()
  return {
    end: done => pool.end(done),
    getConnection: done =>
      pool.getConnection((error, connection) => {
        if (connection && !hooked.has(connection)) {
          hooked.add(connection)
          const query = connection.query
          connection.query = (sql, parameters, answered) => {
            at(pointOf('before', sql))
            return query.call(connection, sql, parameters, (error, result) => {
              at(pointOf('after', sql))
              answered(error, result)
            })
          }
        }
        done(error, connection)
      }),
  }
}

/** A request of `node:http` whose body was read when somebody has read it. */
export function mortalRequest(request) {
  const iterate = request[Symbol.asyncIterator]
  request[Symbol.asyncIterator] = async function* () {
    yield* iterate.call(request)
    at('body read')
  }
  return request
}

/** A response of `node:http`, of which a half can be sent. */
export function mortalResponse(response) {
  const end = response.end
  response.end = text => {
    at('before the reply')
    if (armed?.point === 'in the reply' && --armed.hit === 0) {
      return response.write(text.slice(0, text.length / 2), die)
    }
    return end.call(response, text, () => at('after the reply'))
  }
  return response
}
