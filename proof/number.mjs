/** Numbers as the table has them. */
export const count = number => number.toLocaleString('en')
export const percent = share => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
