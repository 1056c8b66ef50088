import type { EndpointFacts } from '../../dist/generated/endpoints.js'
import { ENDPOINTS } from '../../dist/generated/endpoints.js'
import type { Answer, EndpointName } from './answer.js'
import { refuse } from './answer.js'
import type { Books } from './books.js'
import type { Realm } from './desk.js'
import type { Handler } from './handlers.js'
import { handlerOf } from './handlers.js'
import type { Received } from './wire.js'
import { answerTo } from './wire.js'

interface Route {
  facts: EndpointFacts
  realm: Realm
}

/** Where each path of the table leads. The calls of the login host are the login desk's. */
const ROUTES = new Map<string, Route>()
for (const facts of Object.values(ENDPOINTS) as EndpointFacts[]) {
  if (facts.path === '/' || facts.body === 'json') continue
  const isKey = facts.name.endsWith('ignkey')
  const realm = facts.path.startsWith('/xdc/') && !isKey ? 'xdc' : 'production'
  ROUTES.set(facts.path, { facts, realm })
  if (isKey || realm === 'xdc') continue
  // The old sandbox has no certificate, and some of its paths stand differently in different documents.
  const tried = { facts: { ...facts, certificate: false }, realm: 'sandbox' } as const
  ROUTES.set(`/sandboxnew${facts.path}`, tried)
  if (facts.sandbox !== null) ROUTES.set(facts.sandbox, tried)
}

/** The endpoint behind a path, or null. */
export const endpointAt = (path: string): string | null => ROUTES.get(path)?.facts.name ?? null

/** Finds the endpoint of a call and the books it is for. */
export class Router {
  readonly #books: (realm: Realm) => Books
  readonly #handlers = new Map<Route, Handler>()

  constructor(books: (realm: Realm) => Books) {
    this.#books = books
  }

  /** The answer of the endpoint at this path, or null where the table has none. */
  answer(method: string, path: string, received: Received): Answer | null {
    const route = ROUTES.get(path)
    if (route === undefined) return null
    const { facts, realm } = route
    if (method !== facts.method)
      return facts.method === 'POST' ? refuse('请使用post方法') : refuse('请使用get方法')
    const books = this.#books(realm)
    let handler = this.#handlers.get(route)
    if (handler === undefined) {
      handler = handlerOf(facts.name as EndpointName, books)
      this.#handlers.set(route, handler)
    }
    return answerTo(facts, received, books.desk, handler)
  }
}
