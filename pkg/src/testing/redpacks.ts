import { buildXml } from '../facade.js'
import type { Fields, Flat } from '../facade.js'
import type { Answer, BusinessError } from './answer.js'
import { fault, xml } from './answer.js'
import { beijingDateTime, DAY } from './clock.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import { payoutId } from './identifier.js'
import { refused } from './orders.js'
import type { Table } from './state.js'

/** A red packet. Fen; milliseconds since 1970. */
export interface GatewayRedpack {
  mch_billno: string
  /** WeChat's number (`send_listid`). */
  detail_id: string
  status: 'SENT' | 'RECEIVED' | 'REFUND'
  hb_type: 'NORMAL' | 'GROUP'
  total_num: number
  total_amount: number
  re_openid: string
  time: number
  received: { openid: string; amount: number; time: number }[]
  /** When what nobody took came back. */
  refunded: number | null
  request: Flat
}

const MAY_DIFFER = new Set(['nonce_str', 'sign', 'client_ip'])

/** Red packets: SENT until they are taken, back after a day. */
export class RedpackBook {
  readonly #desk: Desk
  readonly #packs: Table<GatewayRedpack>

  constructor(desk: Desk) {
    this.#desk = desk
    this.#packs = tableOf(desk, 'redpacks')
  }

  /** Sends a red packet, or says again that it did (chapters 3.16 to 3.18). */
  send(
    request: Flat,
    now: number,
    hb_type: GatewayRedpack['hb_type'] = 'NORMAL',
  ): Fields | BusinessError {
    const failed = (err_code: string, text: string): Fields => ({
      // This family says FAIL twice.
      return_code: 'FAIL',
      return_msg: text,
      ...fault(err_code, text),
    })
    const known = this.#packs.get(request['mch_billno'] ?? '')
    if (known !== undefined) {
      const names = new Set([...Object.keys(known.request), ...Object.keys(request)])
      const same = [...names].every(
        name => MAY_DIFFER.has(name) || known.request[name] === request[name],
      )
      return same ? sent(known) : failed('FATAL_ERROR', '商户订单号已使用，且参数与之前不一致')
    }
    const total_amount = Number(request['total_amount'])
    const total_num = Number(request['total_num'])
    const usual = total_amount >= 100 * total_num && total_amount <= 20_000 * total_num
    if (!usual && request['scene_id'] === undefined)
      return failed('PARAM_ERROR', '红包金额小于1元或大于200元时，必须传scene_id')
    if (total_amount < total_num) return failed('PARAM_ERROR', '每人至少0.01元')
    if (hb_type === 'GROUP' && total_num < 3)
      return failed('PARAM_ERROR', '裂变红包的total_num必须不小于3')
    if (total_amount > this.#desk.ledger.balance)
      return failed('NOTENOUGH', '帐号余额不足，请到商户平台充值后再重试')
    const mch_billno = request['mch_billno'] ?? ''
    const pack: GatewayRedpack = {
      mch_billno,
      detail_id: payoutId(this.#desk.dice.about('redpack', mch_billno), now),
      status: 'SENT',
      hb_type,
      total_num,
      total_amount,
      re_openid: request['re_openid'] ?? '',
      time: now,
      received: [],
      refunded: null,
      request,
    }
    this.#desk.ledger.book('redpack', pack.detail_id, pack.mch_billno, -total_amount, now)
    return sent(this.#packs.put(pack.mch_billno, pack))
  }

  /** How a red packet stands: the one nested answer of the protocol (chapter 3.19). */
  query(request: Flat, now: number): Answer | BusinessError {
    const pack = this.#find(request['mch_billno'] ?? '', now)
    if (pack === undefined) return fault('NOT_FOUND', '指定单号数据不存在')
    const back = pack.total_amount - taken(pack)
    const flat = buildXml({
      return_code: 'SUCCESS',
      return_msg: 'OK',
      result_code: 'SUCCESS',
      err_code: 'SUCCESS',
      err_code_des: 'OK',
      mch_billno: pack.mch_billno,
      mch_id: request['mch_id'],
      detail_id: pack.detail_id,
      status: pack.status,
      send_type: 'API',
      hb_type: pack.hb_type,
      total_num: pack.total_num,
      total_amount: pack.total_amount,
      send_time: beijingDateTime(pack.time),
      refund_time: pack.refunded === null ? undefined : beijingDateTime(pack.refunded),
      refund_amount: pack.refunded === null ? undefined : back,
      wishing: pack.request['wishing'],
      remark: pack.request['remark'],
      act_name: pack.request['act_name'],
    })
    const list = pack.received.map(({ openid, amount, time }) =>
      buildXml({ openid, amount, rcv_time: beijingDateTime(time) }).replace(
        /^<xml>(.*)<\/xml>$/,
        '<hbinfo>$1</hbinfo>',
      ),
    )
    return xml(
      list.length === 0
        ? flat
        : flat.replace(/<\/xml>$/, `<hblist>${list.join('\n')}</hblist></xml>`),
    )
  }

  /** A user takes what is left of a red packet, or one share of a group's. */
  receive(mch_billno: string, openid: string | undefined, now: number): GatewayRedpack {
    const pack = this.#find(mch_billno, now)
    if (pack === undefined) throw refused(`there is no red packet ${mch_billno}`, 'mch_billno')
    if (pack.status !== 'SENT')
      throw refused(`red packet ${mch_billno} is ${pack.status}, not SENT`, 'mch_billno')
    const shares = pack.total_num - pack.received.length
    const left = pack.total_amount - taken(pack)
    const dice = this.#desk.dice.about('share', mch_billno)
    const amount = shares === 1 ? left : 1 + dice.below(Math.floor((2 * left) / shares) - 1)
    pack.received.push({ openid: openid ?? pack.re_openid, amount, time: now })
    if (shares === 1) pack.status = 'RECEIVED'
    this.#packs.put(mch_billno, pack)
    return copy(pack)
  }

  /** Every red packet, oldest first. */
  list(now: number): GatewayRedpack[] {
    return Array.from(this.#packs.values(), pack => copy(this.#expire(pack, now)))
  }

  #find(mch_billno: string, now: number): GatewayRedpack | undefined {
    const pack = this.#packs.get(mch_billno)
    return pack === undefined ? undefined : this.#expire(pack, now)
  }

  /** What nobody took in a day comes back, which is seen when somebody looks. */
  #expire(pack: GatewayRedpack, now: number): GatewayRedpack {
    if (pack.status !== 'SENT' || now < pack.time + DAY) return pack
    pack.status = 'REFUND'
    pack.refunded = pack.time + DAY
    const back = pack.total_amount - taken(pack)
    this.#desk.ledger.book('redpack-return', pack.detail_id, pack.mch_billno, back, pack.refunded)
    return this.#packs.put(pack.mch_billno, pack)
  }
}

const taken = ({ received }: GatewayRedpack): number =>
  received.reduce((sum, { amount }) => sum + amount, 0)

const sent = (pack: GatewayRedpack): Fields => ({
  return_msg: '发放成功',
  result_code: 'SUCCESS',
  err_code: 'SUCCESS',
  err_code_des: '发放成功',
  re_openid: pack.re_openid,
  total_amount: pack.total_amount,
  send_listid: pack.detail_id,
  ...(pack.request['notify_way'] === undefined
    ? {}
    : {
        package: `sendid=${pack.detail_id}&ver=8&sign=${pack.detail_id.split('').reverse().join('')}&mchid=${pack.request['mch_id']}`,
      }),
})

/** Node 16 has no `structuredClone`. */
function copy(pack: GatewayRedpack): GatewayRedpack {
  const received = pack.received.map(share => ({ ...share }))
  return { ...pack, received, request: { ...pack.request } }
}
