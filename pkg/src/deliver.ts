import { WxPayError, type Query } from './errors.js'
import { outcome, type Failure } from './outcome.js'
import type { Policy } from './policy.js'
import { MOST_TRIES, pause, retryAfter } from './retry.js'
import type { Transport, TransportAnswer, TransportRequest } from './transport.js'

/**
 * What an error in an answer means: `final` is thrown as it is, `again` may be sent once more with
 * the same numbers, `unknown` says nothing about the money.
 */
export type Verdict = 'final' | 'again' | 'unknown'

/** One call of the API. */
export interface Call<T> extends Pick<
  TransportRequest,
  'method' | 'headers' | 'body' | 'maxBytes' | 'stream' | 'certificate'
> {
  /** Scheme, host and port: the primary, and the backup where there is one. */
  hosts: readonly [primary: string, backup?: string]
  /** Path and query. */
  path: string
  /** Whether sending it twice does no more than sending it once. */
  repeatable: boolean
  /** Whether it moves money. */
  money: boolean
  /** What tells the outcome of a call that moves money. */
  query?: Query | undefined
  /** The result of an answer; throws what is wrong with it, `ANSWER_INVALID` if it is none at all. */
  accept(answer: TransportAnswer, url: string): T
  /** Overrules the verdict on an answer that says no; may ask the gateway first. */
  judge?(error: WxPayError): Verdict | undefined | Promise<Verdict | undefined>
}

/** What one call may set for itself. */
export interface DeliverOptions {
  signal?: AbortSignal | undefined
  /** Milliseconds for all attempts together. */
  timeout: number
}

interface Attempt extends Failure {
  verdict: Verdict
  /** Milliseconds that the host asked for. */
  after: number
  /** Whether the host refuses for being asked too often. */
  busy: boolean
  /** Whether the host did its part; `undefined` where the attempt does not say. */
  well: boolean | undefined
}

/**
 * Brings a request to one of its hosts within one deadline. What never left is tried on the other
 * host; what may have arrived is sent again only if it is repeatable, or its answer was judged so.
 *
 * @throws WxPayError what `accept` throws; `TRANSPORT`, `TIMEOUT` or `ABORTED`; for money that may
 *   have moved `OUTCOME_UNKNOWN` with the query to run next
 */
export async function deliver<T>(
  call: Call<T>,
  policy: Policy,
  transport: Transport,
  { signal, timeout }: DeliverOptions,
): Promise<T> {
  const { clock, budget } = policy
  const end = clock.now() + timeout
  const [primary, backup] = call.hosts
  const breaker = backup === undefined ? undefined : policy.breaker(primary)
  const hosts =
    backup === undefined
      ? [primary]
      : breaker?.admits() === false
        ? [backup, primary]
        : [primary, backup]
  const failures: Failure[] = []
  const left = () => Math.round(end - clock.now())
  const aborted = () =>
    failures.push({ error: new WxPayError('ABORTED', 'the call was aborted'), sent: false })
  budget.earn()

  let at = 0
  for (let tries = 1; ; tries++) {
    const host = hosts[at % hosts.length] as string
    const health = host === primary ? breaker : undefined
    const attempt = await exchange(host)
    if ('value' in attempt) {
      health?.succeeded()
      return attempt.value
    }
    const { error, sent, verdict, after, busy, well } = attempt
    if (well === undefined) health?.released()
    else if (well) health?.succeeded()
    else health?.failed()
    // The first request may still be under way, whatever the second one was told.
    const open = call.money && failures.some(failure => failure.sent)
    if (verdict === 'final' && !open) throw error
    failures.push(attempt)
    if (verdict !== 'again' || tries === MOST_TRIES) break
    // Another host is asked at once, unless the merchant as a whole asks too often.
    if (well !== true) at++
    const another = well !== true && at < hosts.length
    const wait = another && !busy ? 0 : Math.max(pause(tries, policy.random), after)
    if (wait >= left()) break
    if (!(another && !sent) && !budget.spend()) break
    if (wait > 0) await clock.sleep(wait, signal)
    if (signal?.aborted === true) {
      aborted()
      break
    }
    if (left() < 1) break
  }
  throw outcome(failures, call)

  async function exchange(host: string): Promise<{ value: T } | Attempt> {
    const url = host + call.path
    let answer: TransportAnswer
    try {
      answer = await send(url)
    } catch (thrown) {
      const error = known(thrown, url)
      // Configuration and certificates: not of the network's making, and the same next time.
      const said = { error, after: 0, busy: false, well: undefined }
      if (!/^(TRANSPORT|TIMEOUT|ABORTED)$/.test(error.code)) {
        return { ...said, sent: false, verdict: 'final' }
      }
      report(url, error)
      const sent = error.phase === undefined || !UNSENT.has(error.phase)
      const again = error.code === 'TRANSPORT' && (!sent || call.repeatable)
      const says = error.code !== 'ABORTED' && error.phase !== 'queue' && error.phase !== 'reused'
      const well = says ? false : undefined
      return { ...said, sent, verdict: again ? 'again' : 'unknown', well }
    }
    // A stream goes to the caller unseen: it may be a gigabyte.
    policy.watch({ direction: 'answer', url, status: answer.status, body: answer.body })
    try {
      return { value: call.accept(answer, url) }
    } catch (error) {
      await answer.stream?.return?.()
      if (!(error instanceof WxPayError)) {
        breaker?.released()
        throw error
      }
      const { status } = answer
      const busy = status === 429
      // A message that lacks one field is a message: the next one will lack it too.
      const none = error.code === 'ANSWER_INVALID' && error.field === undefined
      const passing = status === 200 || busy || status >= 500
      const well = none ? (passing && !busy ? false : undefined) : true
      const verdict = none
        ? passing && call.repeatable
          ? 'again'
          : 'unknown'
        : await judged(error)
      return { error, sent: true, verdict, after: retryAfter(answer), busy, well }
    }
  }

  /** One exchange; a kept connection that was already dead costs no try. */
  async function send(url: string): Promise<TransportAnswer> {
    const { method, headers, body, maxBytes, stream, certificate } = call
    for (let stale = false; ; stale = true) {
      policy.watch({ direction: 'request', url, body })
      try {
        return await transport({
          method,
          url,
          headers,
          ...(body === undefined ? {} : { body }),
          timeout: Math.max(1, left()),
          connectTimeout: policy.connectTimeout,
          maxBytes,
          ...(stream === true ? { stream } : {}),
          ...(certificate === true ? { certificate } : {}),
          ...(signal === undefined ? {} : { signal }),
        })
      } catch (error) {
        const dead = error instanceof WxPayError && error.phase === 'reused'
        if (!dead || stale || !call.repeatable || left() < 1) throw error
        report(url, error)
        failures.push({ error, sent: true })
      }
    }
  }

  async function judged(error: WxPayError): Promise<Verdict> {
    let verdict: Verdict | undefined
    try {
      verdict = await call.judge?.(error)
    } catch {
      // Whoever asked the gateway what became of the call got no answer either.
      verdict = 'unknown'
    }
    // About money, a message that is not proved to be the gateway's says nothing (chapter 9.4).
    return verdict ?? (call.money && UNPROVED.test(error.code) ? 'unknown' : 'final')
  }

  function report(url: string, error: WxPayError): void {
    const loud = error.phase === 'tls'
    const body = loud
      ? `${error.message}. Somebody may stand between here and the host: look into it`
      : error.message
    policy.watch({ direction: 'failure', url, body, loud })
  }
}

/** What the transport threw, as an error of this package. */
function known(thrown: unknown, url: string): WxPayError {
  if (thrown instanceof WxPayError) return thrown
  return new WxPayError('TRANSPORT', `no answer from ${new URL(url).host}`, { cause: thrown })
}

/** The phases in which nothing of the request left. */
const UNSENT: ReadonlySet<string> = new Set(['queue', 'dns', 'connect', 'tls'])

/** Errors of answers that nobody vouches for. */
const UNPROVED = /^((SIGN|XML|ANSWER)_|RETURN_FAIL$)/
