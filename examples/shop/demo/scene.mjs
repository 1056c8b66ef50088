import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from 'wxpay-wasm/testing'
import { startShop } from '../shop.mjs'

/**
 * A gateway and a shop on free ports, and a database file in a fresh folder.
 * @param options { gatewayLog, shopLog, onOutcome, report }
 * @returns { gateway, shop, databaseUrl, stop(), remove() }
 */
export async function openScene({ gatewayLog, shopLog, onOutcome, report }) {
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-'))
  const databaseUrl = `sqlite:${join(folder, 'shop.db')}`
  const remove = () => rm(folder, { recursive: true, force: true })
  let gateway
  let shop
  try {
    gateway = await createGateway({ log: gatewayLog })
    const { appid, mchid, key: partnerKey, appSecret, url: gatewayUrl } = gateway
    shop = await startShop({
      appid, mchid, partnerKey, appSecret, gatewayUrl, databaseUrl, production: false, log: shopLog, onOutcome, report,
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
    databaseUrl,
    // The gateway first: it must not notify a shop that is gone.
    stop: () => (stopped ??= gateway.close().then(() => shop.close())),
    remove,
  }
}
