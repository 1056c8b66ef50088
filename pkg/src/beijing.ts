/** Milliseconds by which Beijing is ahead of UTC; China has no daylight saving time. */
export const BEIJING = 8 * 3_600_000

/** `yyyyMMddHHmmss` in GMT+8, whatever the zone of this machine (chapter 4.2). */
export function beijingTime(milliseconds: number): string {
  return new Date(milliseconds + BEIJING).toISOString().replace(/\D/g, '').slice(0, 14)
}
