/** The shop from the environment: `node server.mjs`. */
import { audit } from './audit.mjs'
import { startShop } from './shop.mjs'

const {
  PORT = '3000', HOST, DATABASE_URL, GATEWAY_URL, PUBLIC_URL,
  WXPAY_APPID, WXPAY_MCHID, WXPAY_KEY, WXPAY_SECRET,
} = process.env

const missing = ['WXPAY_APPID', 'WXPAY_MCHID', 'WXPAY_KEY'].filter((name) => !process.env[name])
if (missing.length > 0) {
  console.error(`请设置环境变量 / please set: ${missing.join(', ')}`)
  console.error('没有商户号也能体验 / to try it without a merchant: node demo.mjs')
  process.exit(2)
}
if (!GATEWAY_URL && !PUBLIC_URL) {
  console.error('PUBLIC_URL: 微信要能访问到它，付款通知才会到 / where WeChat can reach this shop, or no notification arrives')
  process.exit(2)
}
if (!/^\d{1,5}$/.test(PORT)) {
  console.error('PORT: 应为数字 / expected a number')
  process.exit(2)
}

const line = (kind, entry) => console.log(JSON.stringify({ time: new Date().toISOString(), kind, ...entry }))

let shop
try {
  shop = await startShop({
    port: Number(PORT),
    host: HOST,
    databaseUrl: DATABASE_URL,
    gatewayUrl: GATEWAY_URL,
    publicUrl: PUBLIC_URL,
    appid: WXPAY_APPID,
    mchid: WXPAY_MCHID,
    partnerKey: WXPAY_KEY,
    appSecret: WXPAY_SECRET,
    onOutcome: (event) => line('notification', audit(event)),
    report: (error) => line('error', { code: error.code ?? error.name, message: error.message }),
  })
} catch (error) {
  // A wrong setting stops the start; the message names it and never shows a key.
  console.error(`${error.code ?? error.name}: ${error.message}`)
  process.exit(1)
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await shop.close()
    process.exit(0)
  })
}

console.log(`半日茶 Half-Day Tea  ${shop.url}`)
