import http from 'node:http'
import https from 'node:https'
import type { SecureContext } from 'node:tls'
import { Certificate } from './certificate.js'
import { WxPayError } from './errors.js'
import type { TransportSettings } from './transport.js'

/**
 * One client's connection pools, made when they are needed. Calls with the certificate have a pool
 * of their own: a TLS session that was opened without one is resumed without one. A new certificate
 * gets a new pool, and calls under way end in the one before.
 *
 * @throws WxPayError `CERT_*`, `CONFIG_INVALID`
 */
export function agents(settings: TransportSettings): {
  plain(): http.Agent
  secure(withCertificate?: true): https.Agent
} {
  const { certificate: parts, ca, agent, maxSockets = 50 } = settings
  if (agent !== undefined) {
    if (parts !== undefined || ca !== undefined) {
      throw new WxPayError(
        'CONFIG_INVALID',
        '`agent`: brings its own certificate and authorities; give them to it',
        { field: 'agent' },
      )
    }
    return { plain: () => agent as http.Agent, secure: () => agent as https.Agent }
  }
  const options = { keepAlive: true, maxSockets }
  if (ca !== undefined) checkCa(ca)
  const certificate =
    parts === undefined ? undefined : new Certificate({ ...settings, certificate: parts })
  let plain: http.Agent | undefined
  let secure: https.Agent | undefined
  let certified: { context: SecureContext; agent: https.Agent } | undefined
  return {
    plain: () => (plain ??= new http.Agent(options)),
    secure(withCertificate) {
      if (withCertificate === undefined || certificate === undefined) {
        const trust = ca === undefined ? {} : { ca: ca as string | Buffer }
        return (secure ??= new https.Agent({ ...options, ...trust }))
      }
      const context = certificate.context()
      if (certified?.context !== context) {
        certified = { context, agent: new https.Agent({ ...options, secureContext: context }) }
      }
      return certified.agent
    },
  }
}

/** OpenSSL takes what is no PEM for an empty list. */
function checkCa(ca: unknown): void {
  const text = typeof ca === 'string' || ca instanceof Uint8Array ? Buffer.from(ca) : undefined
  if (text?.includes('-----BEGIN CERTIFICATE-----') !== true) {
    throw new WxPayError('CONFIG_INVALID', '`ca`: is PEM text with -----BEGIN CERTIFICATE-----', {
      field: 'ca',
    })
  }
}
