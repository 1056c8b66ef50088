import { BEIJING } from '../../../beijing.js'

/** `2026-11-21` and `21:54:46` in GMT+8. */
export function beijing(milliseconds: number): [date: string, time: string] {
  const iso = new Date(milliseconds + BEIJING).toISOString()
  return [iso.slice(0, 10), iso.slice(11, 19)]
}
