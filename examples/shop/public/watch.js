/** Milliseconds between two questions, where events do not come through. */
const ASK = 2000
/** Connections that broke off without news, before the page asks instead. */
const TRIES = 3

/**
 * Follows an order until nothing can happen to it any more: by server-sent events, and by asking
 * where these fail (a proxy that holds them back, a process that has too many).
 *
 * @param hear { news(order), lost(), gone() }
 * @returns a function that ends it
 */
export function watchOrder(out_trade_no, hear) {
  const path = `/order/${out_trade_no}`
  let source = null
  let timer
  let failures = 0
  let ended = false

  function rest() {
    clearTimeout(timer)
    source?.close()
    source = null
  }

  function end() {
    ended = true
    rest()
    document.removeEventListener('visibilitychange', turn)
  }

  function news(order) {
    if (ended) return
    if (order.over) end()
    hear.news(order)
  }

  async function ask() {
    clearTimeout(timer)
    try {
      const answer = await fetch(path)
      if (ended) return
      if (answer.status === 404) return end(), hear.gone()
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
      news(await answer.json())
    } catch {
      if (!ended) hear.lost()
    }
    if (!ended && !document.hidden) timer = setTimeout(ask, ASK)
  }

  function listen() {
    source = new EventSource(`${path}/events`)
    source.addEventListener('message', ({ data }) => {
      failures = 0
      news(JSON.parse(data))
    })
    source.addEventListener('error', ({ target }) => {
      if (target !== source) return
      failures++
      if (failures > 1) hear.lost()
      // The browser connects again by itself, unless the answer was no stream of events.
      if (source.readyState !== EventSource.CLOSED && failures < TRIES) return
      failures = TRIES
      rest()
      ask()
    })
  }

  // A browser has six connections for a shop: a tab that nobody looks at keeps none.
  function turn() {
    rest()
    if (document.hidden) return
    if (failures < TRIES) listen()
    else ask()
  }

  document.addEventListener('visibilitychange', turn)
  listen()
  return end
}
