import { WxPayError } from './errors.js'
import { DAMAGED } from './gunzip.js'
import { chunks } from './source.js'

/** Unpacks as fast as the result is read, and no faster. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  // What the source threw comes out as it is; what else is thrown is about the bytes.
  let failed: { error: unknown } | undefined
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value as Uint8Array<ArrayBuffer>)
      } catch (error) {
        failed = { error }
        controller.error(error)
      }
    },
    async cancel() {
      await iterator.return?.()
    },
  })
  try {
    yield* chunks(packed.pipeThrough(new DecompressionStream('gzip')))
  } catch (cause) {
    if (failed !== undefined) throw failed.error
    throw new WxPayError('BILL_INVALID', DAMAGED, { cause })
  }
}
