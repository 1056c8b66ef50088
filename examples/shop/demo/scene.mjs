import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nonceStr } from 'wxpay-wasm'
import { createGateway } from 'wxpay-wasm/testing'
import { startShop } from '../shop.mjs'

/**
 * A gateway and a shop on free ports, and a database file in a fresh folder.
 * @param options { gatewayLog, shopLog, onOutcome, onAlarm, report }
 * @returns { gateway, shop, adminToken, databaseUrl, stop(), remove() }
 */
export async function openScene({ gatewayLog, shopLog, onOutcome, onAlarm, report }) {
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-'))
  const databaseUrl = `sqlite:${join(folder, 'shop.db')}`
  const adminToken = nonceStr()
  const remove = () => rm(folder, { recursive: true, force: true })
  let gateway
  let shop
  try {
    gateway = await createGateway({ log: gatewayLog })
    const { appid, mchid, key: partnerKey, appSecret, url: baseUrl } = gateway
    shop = await startShop({
      wxpay: { appid, mchid, partnerKey, appSecret, baseUrl, production: false },
      databaseUrl, adminToken, log: shopLog, onOutcome, onAlarm, report,
    })
  } catch (error) {
    await gateway?.close()
    await remove()
    throw error
  }
  let stopped
  return {
    gateway,
    shop,
    adminToken,
    databaseUrl,
    // The gateway first: it must not notify a shop that is gone.
    stop: () => (stopped ??= gateway.close().then(() => shop.close())),
    remove,
  }
}
