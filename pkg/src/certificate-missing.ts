import { WxPayError } from './errors.js'

/** The error of a call that cannot be made without a certificate, before the network. */
export const certificateMissing = (call: string): WxPayError =>
  new WxPayError(
    'CERT_MISSING',
    `${call} needs the merchant's client certificate: give \`cert\` and \`key\` (PEM) or \`pfx\` ` +
      'to the constructor; nothing was sent',
  )

/**
 * Throws for the pages of WeChat's front server about certificates, which come before the call is
 * looked at: nothing happened.
 */
export function checkCertificateAccepted(body: Uint8Array): void {
  const page = new TextDecoder().decode(body.subarray(0, 1024))
  if (page.includes('No required SSL certificate was sent')) {
    throw new WxPayError(
      'CERT_MISSING',
      'WeChat got no client certificate and refused the call; a proxy in between takes it off',
    )
  }
  if (page.includes('The SSL certificate error')) {
    throw new WxPayError(
      'CERT_INVALID',
      'WeChat does not accept the client certificate and refused the call: is it revoked, or of ' +
        'another environment?',
    )
  }
}
