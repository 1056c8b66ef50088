import { newEvent, PARKED, toEvent, toTask, type EventRow } from './event.js'
import type { EventTask, OrderEvent } from './store.js'

/** The events of {@link memoryStore}, and what workers do with them. */
export function memoryEvents(now: () => number) {
  const rows: EventRow[] = []
  const waiting = () => rows.filter(({ due_at }) => due_at !== null && due_at !== PARKED)
  const parked = (limit: number) => rows.filter(({ due_at }) => due_at === PARKED).slice(0, limit).map(toTask)
  const unfinished = ({ id }: Pick<EventTask, 'id'>) => rows.find((row) => row.id === id && row.finished_at === null)

  return {
    waiting,
    parked,

    add(...given: Parameters<typeof newEvent>): void {
      rows.push({ id: rows.length + 1, ...newEvent(...given) })
    },

    list(out_trade_no: string): OrderEvent[] {
      return rows.filter((row) => row.out_trade_no === out_trade_no).map(toEvent)
    },

    take(limit: number, leaseMs: number, worker: string): EventTask[] {
      const at = now()
      const due = waiting().filter(({ due_at }) => (due_at as number) <= at)
      due.sort((a, b) => (a.due_at as number) - (b.due_at as number) || a.id - b.id)
      return due.slice(0, limit).map((row) => {
        Object.assign(row, { attempts: row.attempts + 1, due_at: at + leaseMs, leased_by: worker })
        return toTask(row)
      })
    },

    finish(event: Pick<EventTask, 'id'>): void {
      const row = unfinished(event)
      if (row) Object.assign(row, { due_at: null, leased_by: null, finished_at: now() })
    },

    fail(event: Pick<EventTask, 'id' | 'attempts'>, error: string, retryAt: number | null): void {
      const row = unfinished(event)
      if (row?.attempts !== event.attempts) return
      Object.assign(row, { due_at: retryAt ?? PARKED, leased_by: null, last_error: error })
    },

    retry(event: Pick<EventTask, 'id'>): void {
      const row = unfinished(event)
      if (row?.due_at === PARKED) row.due_at = now()
    },
  }
}
