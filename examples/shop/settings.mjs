/** A token that could be guessed would refund everybody's orders. */
const TOKEN_LENGTH = 16

/** Settings that are missing or wrong: one line for each. */
export class SettingsError extends Error {
  constructor(problems) {
    super(problems.join('\n'))
    this.name = 'SettingsError'
  }
}

function number(problems, name, text, least, most) {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (!(value >= least && value <= most)) problems.push(`${name}: 应为 ${least} 到 ${most} 的整数 / expected an integer from ${least} to ${most}`)
  return value
}

/**
 * The options of `startShop`, and how many processes, from environment variables. What WXPAY_* there
 * are beside these (AppSecret, certificate), `WxPay.fromEnv` knows. An empty variable counts as absent.
 *
 * @throws SettingsError naming everything that is missing or wrong
 */
export function settingsFrom(environment) {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const { PORT = '3000', HOST, PROCESSES = '1', DATABASE_URL, GATEWAY_URL, PUBLIC_URL, ADMIN_TOKEN, TRUST_PROXY } = env
  const problems = []

  const missing = ['WXPAY_APPID', 'WXPAY_MCHID', 'WXPAY_KEY'].filter((name) => env[name] === undefined)
  if (missing.length > 0) {
    problems.push(`请设置环境变量 / please set: ${missing.join(', ')}`)
    problems.push('没有商户号也能体验 / to try it without a merchant: node demo.mjs')
  }
  if (GATEWAY_URL === undefined && PUBLIC_URL === undefined) {
    problems.push('PUBLIC_URL: 微信要能访问到它，付款通知才会到 / where WeChat can reach this shop, or no notification arrives')
  }
  if (PUBLIC_URL !== undefined && !/^https?:\/\/[^/?#]+\/*$/.test(PUBLIC_URL)) {
    problems.push('PUBLIC_URL: 应为 https://域名 / expected https:// and a host, no path')
  }
  if (ADMIN_TOKEN !== undefined && ADMIN_TOKEN.length < TOKEN_LENGTH) {
    problems.push(`ADMIN_TOKEN: 至少 ${TOKEN_LENGTH} 个字符 / at least ${TOKEN_LENGTH} characters (openssl rand -hex 24)`)
  }
  const port = number(problems, 'PORT', PORT, 0, 65535)
  const processes = number(problems, 'PROCESSES', PROCESSES, 1, 64)
  if (problems.length > 0) throw new SettingsError(problems)

  const { WXPAY_APPID: appid, WXPAY_MCHID: mchid, WXPAY_KEY: partnerKey, WXPAY_SIGN_TYPE: signType } = env
  return {
    processes,
    options: {
      wxpay: { appid, mchid, partnerKey, signType, baseUrl: GATEWAY_URL },
      env,
      port,
      host: HOST,
      databaseUrl: DATABASE_URL,
      publicUrl: PUBLIC_URL,
      adminToken: ADMIN_TOKEN,
      trustProxy: TRUST_PROXY === '1',
    },
  }
}
