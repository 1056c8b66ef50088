/** With commas between the thousands. */
export const grouped = (fen: number): string => yuan(fen).replace(/\B(?=(\d{3})+\.)/g, ',')

/** Fen as yuan, without floating point: `-1205` is `-12.05`. */
export function yuan(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0')
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
