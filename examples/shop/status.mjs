import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { renderSVG } from 'uqr'
import { ShopError } from './errors.mjs'

/** Once it is paid there is less hurry: so many times the pause. */
const CALM = 3
/** Milliseconds until a page connects anew, so that a forgotten tab costs nothing for ever. */
const LONGEST = 10 * 60_000
/** After this many looks without news a line says that the connection lives: proxies cut silent ones. */
const SILENCE = 15

/** GET /order/:out_trade_no */
export const status = ({ ownOrders, view }) => async (ctx) => {
  ctx.body = await view(await ownOrders.find(ctx, ctx.params.out_trade_no))
}

/** GET /order/:out_trade_no/qr.svg */
export const qr = ({ ownOrders }) => async (ctx) => {
  const { code_url } = await ownOrders.find(ctx, ctx.params.out_trade_no)
  if (code_url === null) throw new ShopError(404, 'QR', 'this order has no QR code')
  ctx.type = 'image/svg+xml'
  // Four modules of quiet zone, as the QR standard asks; cameras need it.
  ctx.body = renderSVG(code_url, { ecc: 'M', border: 4 })
}

/**
 * GET /order/:out_trade_no/events: the order as server-sent events, at once and after each change.
 * It looks into the store, so it does not matter which process got the notification.
 *
 * @param shop also { look: ms between two looks, pages: that one process serves so, stopping: AbortSignal }
 */
export function events({ store, ownOrders, view, look, pages, stopping, report }) {
  let streams = 0

  async function* news(out_trade_no) {
    streams++
    try {
      yield 'retry: 2000\n\n'
      let before
      let silent = 0
      for (const end = performance.now() + LONGEST; performance.now() < end; ) {
        const shown = await view(await store.findOrder(out_trade_no))
        const text = JSON.stringify(shown)
        if (text !== before) yield `data: ${(before = text)}\n\n`
        else if (++silent % SILENCE === 0) yield ': still here\n\n'
        if (shown.over) return
        await pause(shown.transaction_id === null ? look : CALM * look, undefined, { signal: stopping })
      }
    } catch (error) {
      // Stopped, or left by the page; and else it connects again, here or at another process.
      if (error.name !== 'AbortError' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') report(error)
    } finally {
      streams--
    }
  }

  return async (ctx) => {
    const { out_trade_no } = await ownOrders.find(ctx, ctx.params.out_trade_no)
    if (streams >= pages) throw new ShopError(503, 'BUSY', 'too many pages watch; ask GET /order/:out_trade_no')
    ctx.type = 'text/event-stream'
    ctx.set('x-accel-buffering', 'no') // nginx would hold the events back
    ctx.body = Readable.from(news(out_trade_no))
  }
}
