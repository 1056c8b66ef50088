import { WxPayError } from './errors.js'
import type { TransportRequest } from './transport.js'

/**
 * An answer's bytes as they arrive, under the request's limits: `timeout` for each wait, since the
 * reader may take its time, `maxBytes` for all of them. `stop` ends the exchange.
 */
export function streamed(
  source: AsyncIterable<Uint8Array>,
  { url, timeout, maxBytes, signal }: TransportRequest,
  stop: () => void,
): AsyncIterableIterator<Uint8Array> {
  const { host } = new URL(url)
  const iterator = source[Symbol.asyncIterator]()
  let size = 0
  let over = false

  const wait = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const fail = (error: unknown) => {
        done()
        reject(error)
      }
      const abort = () => fail(new WxPayError('ABORTED', `the call to ${host} was aborted`))
      const timer = setTimeout(() => {
        fail(new WxPayError('TIMEOUT', `${host} was silent for ${timeout} ms`))
      }, timeout)
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort)
      iterator.next().then(next => {
        done()
        resolve(next)
      }, fail)
    })

  const end = (): IteratorResult<Uint8Array> => {
    over = true
    return { done: true, value: undefined }
  }

  return {
    async next() {
      if (over) return end()
      try {
        const next = await wait()
        if (next.done === true) return end()
        size += next.value.length
        if (size > maxBytes) {
          const most = `larger than ${maxBytes} bytes`
          throw new WxPayError('TRANSPORT', `the answer of ${host} is ${most}`)
        }
        return next
      } catch (cause) {
        over = true
        stop()
        if (cause instanceof WxPayError) throw cause
        throw new WxPayError('TRANSPORT', `the answer of ${host} broke off`, { cause })
      }
    },
    async return() {
      if (!over) stop()
      return end()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
