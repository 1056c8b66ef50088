import { fromEnv } from '../environment.js'
import {
  appPay,
  chooseWxPay,
  h5Url,
  jsapiPay,
  miniProgramPay,
  nativeUrl,
  sendBizRedPacket,
  type Prepaid,
  type SignType,
} from '../index.js'
import { UsageError, type Call, type Command } from './command.js'
import { KEY_OPTIONS, KEY_USAGE, merchantKey } from './key.js'
import { whole } from './merchant.js'
import { SIGN_TYPE_OPTIONS, signTypeOf } from './sign-type.js'

/** What the command line and the environment say of the payee and of the moment. */
interface Given {
  appid: string
  mchid: string
  sub_appid: string | undefined
  sub_mch_id: string | undefined
  signType: SignType
  time: number | undefined
  nonce: string | undefined
}

interface Front {
  takes: readonly string[]
  about: string
  make(given: Given, texts: readonly string[], key: string): object | string
}

const prepaid = (
  about: string,
  make: (prepaid: Prepaid, key: string) => object,
): Front => ({
  takes: ['PREPAY_ID'],
  about,
  make({ appid, sub_appid, signType, time, nonce }, [prepay_id = ''], key) {
    const stamp = filled({ timeStamp: time, nonceStr: nonce })
    return make({ appId: sub_appid ?? appid, prepay_id, signType, ...stamp }, key)
  },
})

const FRONTS: Record<string, Front> = {
  'mini-program': prepaid('wx.requestPayment', miniProgramPay),
  jsapi: prepaid('getBrandWCPayRequest in the web view', jsapiPay),
  choose: prepaid('wx.chooseWXPay of the JSSDK', chooseWxPay),
  app: {
    takes: ['PREPAY_ID'],
    about: 'PayReq of the App SDK',
    make({ appid, mchid, sub_appid, sub_mch_id, signType, time, nonce }, [prepayid = ''], key) {
      const more = filled({ sub_appid, sub_mch_id, timestamp: time, noncestr: nonce })
      return appPay({ appid, partnerid: mchid, prepayid, signType, ...more }, key)
    },
  },
  'native-url': {
    takes: ['PRODUCT_ID'],
    about: 'the QR code of NATIVE mode 1',
    make({ appid, mchid, time, nonce }, [product_id = ''], key) {
      const stamp = filled({ time_stamp: time, nonce_str: nonce })
      return nativeUrl({ appid, mch_id: mchid, product_id, ...stamp }, key)
    },
  },
  'h5-url': {
    takes: ['MWEB_URL', 'REDIRECT_URL'],
    about: 'the H5 cashier with the page to come back to; no key',
    make: (_given, [mweb_url = '', redirect_url = '']) => h5Url(mweb_url, redirect_url),
  },
  'red-packet': {
    takes: ['PACKAGE'],
    about: 'wx.sendBizRedPacket',
    make({ appid, time, nonce }, [packet = ''], key) {
      const stamp = filled({ timeStamp: time, nonceStr: nonce })
      return sendBizRedPacket({ appId: appid, package: packet, ...stamp }, key)
    },
  },
}

const list = Object.entries(FRONTS).map(
  ([name, { takes, about }]) => `  ${`${name} ${takes.join(' ')}`.padEnd(32)}${about}`,
)

export const command: Command = {
  usage: `usage: wxpay-wasm resign FRONT_END ARGUMENT… [--json]

Prints what a front end is given, signed, as JSON; or the address.

${list.join('\n')}

--appid ID --mchid ID          or WXPAY_APPID and WXPAY_MCHID
--sub-appid ID --sub-mch-id ID a service provider's, or WXPAY_SUB_APPID and WXPAY_SUB_MCH_ID
--sign-type TYPE               the order's: MD5 or HMAC-SHA256, or WXPAY_SIGN_TYPE
--timestamp SECONDS            now, where absent
--nonce TEXT                   fresh, where absent

${KEY_USAGE}`,
  options: {
    ...KEY_OPTIONS,
    ...SIGN_TYPE_OPTIONS,
    appid: { type: 'string' },
    mchid: { type: 'string' },
    'sub-appid': { type: 'string' },
    'sub-mch-id': { type: 'string' },
    timestamp: { type: 'string' },
    nonce: { type: 'string' },
  },
  async run(call) {
    const [name = '', ...texts] = call.positionals
    const front = Object.hasOwn(FRONTS, name) ? FRONTS[name] : undefined
    if (front === undefined) {
      throw new UsageError(`a front end is one of ${Object.keys(FRONTS).join(', ')}\n${command.usage}`)
    }
    const { takes } = front
    if (texts.length !== takes.length) {
      throw new UsageError(`resign ${name} takes ${takes.join(' and ')}\n${command.usage}`)
    }
    const key = name === 'h5-url' ? '' : await merchantKey(call)
    const made = front.make(givenBy(call), texts, key)
    const shown = typeof made === 'string' && call.json ? { url: made } : made
    call.io.print(typeof shown === 'string' ? shown : JSON.stringify(shown, null, call.json ? 0 : 2))
    return 0
  },
}

function givenBy(call: Call): Given {
  const { values, io } = call
  const env = fromEnv(io.env)
  const text = (flag: string) => values[flag] as string | undefined
  const time = text('timestamp')
  return {
    appid: text('appid') ?? env.appid ?? '',
    mchid: text('mchid') ?? env.mchid ?? '',
    sub_appid: text('sub-appid') ?? env.sub_appid,
    sub_mch_id: text('sub-mch-id') ?? env.sub_mch_id,
    signType: signTypeOf(call),
    time: time === undefined ? undefined : whole('timestamp', time),
    nonce: text('nonce'),
  }
}

/** Without what is absent. */
function filled<T extends object>(given: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const there = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as { [Name in keyof T]?: NonNullable<T[Name]> }
}
