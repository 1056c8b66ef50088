import type { Fields } from '../facade.js'

/** A coupon that paid a part of an order. */
export interface Coupon {
  coupon_id: string
  /** CASH was bought; NO_CASH is the merchant's gift and never reaches it as money. */
  coupon_type: 'CASH' | 'NO_CASH'
  /** Fen. */
  coupon_fee: number
}

export const sumOf = (coupons: readonly Coupon[]): number =>
  coupons.reduce((sum, coupon) => sum + coupon.coupon_fee, 0)

/** What of the coupons is no money for the merchant, in fen. */
export const giftOf = (coupons: readonly Coupon[]): number =>
  sumOf(coupons.filter(coupon => coupon.coupon_type === 'NO_CASH'))

/** The fields that tell of coupons, `$n` counting from 0; none without coupons. */
export function couponFields(coupons: readonly Coupon[]): Fields {
  if (coupons.length === 0) return {}
  const fields: Record<string, string | number> = {
    coupon_fee: sumOf(coupons),
    coupon_count: coupons.length,
  }
  for (const [n, coupon] of coupons.entries())
    for (const [name, value] of Object.entries(coupon))
      fields[`${name}_${n}`] = value as string | number
  return fields
}

/** Checks what a caller gives as coupons, which together pay no more than the order. */
export function checkedCoupons(coupons: readonly Coupon[], total_fee: number): Coupon[] {
  for (const { coupon_fee } of coupons) {
    if (!Number.isSafeInteger(coupon_fee) || coupon_fee < 1 || coupon_fee > total_fee)
      throw new RangeError(`coupon_fee must be an integer from 1 to ${total_fee} (fen)`)
  }
  if (sumOf(coupons) > total_fee)
    throw new RangeError(`coupon_fee must be ${total_fee} at most, all coupons together (fen)`)
  return coupons.map(({ coupon_id, coupon_type, coupon_fee }) => {
    if (!/^\d{1,20}$/.test(coupon_id)) throw new TypeError('coupon_id must be 1 to 20 digits')
    if (coupon_type !== 'CASH' && coupon_type !== 'NO_CASH')
      throw new TypeError('coupon_type must be CASH or NO_CASH')
    return { coupon_id, coupon_type, coupon_fee }
  })
}
