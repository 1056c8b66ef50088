import { parseXml, stringToSign } from '../facade.js'
import { Ring } from './ring.js'

/** One message on the wire, bodies as sent. The AppSecret of a login is masked. */
export interface Message {
  /** Received and answered by the gateway, or sent by it to a notify_url and replied to. */
  direction: 'request' | 'answer' | 'notification' | 'reply'
  /** Path and query for request and answer, the whole notify_url for the other two. */
  url: string
  body: string
  /** HTTP status, for an answer and a reply. */
  status?: number
}

/** A message that is remembered. */
export interface RememberedMessage extends Message {
  /** Rises by one with every message. */
  id: number
  /** Gateway time, in milliseconds since 1970. */
  time: number
  /** The endpoint's name in the table, or null. */
  endpoint: string | null
  /** The `id` of the message that this one answers, or null. */
  replyTo: number | null
  /** The string that is signed, without the key; null for a body that is no message. */
  stringToSign: string | null
}

type Kept = Omit<RememberedMessage, 'stringToSign'>

/** The last messages. What can be worked out of a body is, when somebody asks. */
export class Messages {
  readonly #kept: Ring<Kept>
  #id = 0

  constructor(size: number) {
    this.#kept = new Ring(size)
  }

  add(message: Message, time: number, endpoint: string | null, replyTo: number | null): Kept {
    this.#id += 1
    const kept = { ...message, id: this.#id, time, endpoint, replyTo }
    this.#kept.push(kept)
    return kept
  }

  /** Oldest first. */
  list(): RememberedMessage[] {
    return this.#kept.list().map(remembered)
  }

  clear(): void {
    this.#kept.clear()
  }
}

/** With the string that is signed. */
export function remembered(kept: Kept): RememberedMessage {
  let text: string | null = null
  if (kept.body.startsWith('<xml>')) {
    try {
      text = stringToSign(parseXml(kept.body))
    } catch {
      // A body that is no message of the dialect has no string to sign.
    }
  }
  return { ...kept, stringToSign: text }
}
