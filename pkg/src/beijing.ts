/** Milliseconds by which Beijing is ahead of UTC; China has no daylight saving time. */
export const BEIJING = 8 * 3_600_000

/** `yyyyMMddHHmmss` in GMT+8, whatever the zone of this machine (chapter 4.2). */
export function beijingTime(milliseconds: number): string {
  return new Date(milliseconds + BEIJING).toISOString().replace(/\D/g, '').slice(0, 14)
}

/** The reverse; `undefined` for what is no time. */
export function beijingMilliseconds(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z')
  const milliseconds = Date.parse(iso) - BEIJING
  const same = Number.isFinite(milliseconds) && beijingTime(milliseconds) === text
  return same ? milliseconds : undefined
}
