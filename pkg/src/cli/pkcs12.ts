import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import forge from 'node-forge/lib/forge.js'
import 'node-forge/lib/pkcs12.js'
import { WxPayError } from '../errors.js'
import { isWrongPassphrase, pkcs12Fault, WRONG_PASSPHRASE } from '../pkcs12.js'

/** Certificate and key out of a PKCS#12 file, in the old encryptions too. */
export function openPkcs12(
  file: string,
  bytes: Buffer,
  passphrase: string,
): { certificate: X509Certificate; key: KeyObject } {
  const refuse = (reason: string) => new WxPayError('CERT_INVALID', `${file} ${reason}`)
  const fault = pkcs12Fault(bytes)
  if (fault !== undefined) throw refuse(fault)
  let opened
  try {
    const asn1 = forge.asn1.fromDer(bytes.toString('latin1'))
    opened = forge.pkcs12.pkcs12FromAsn1(asn1, passphrase)
  } catch (error) {
    const { message } = error as Error
    throw refuse(isWrongPassphrase(message) ? WRONG_PASSPHRASE : `cannot be read: ${message}`)
  }
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids
  const bags = (...types: (string | undefined)[]) =>
    types.flatMap(type => (type === undefined ? [] : (opened.getBags({ bagType: type })[type] ?? [])))
  // What is not RSA is left as it came.
  const keys = bags(pkcs8ShroudedKeyBag, keyBag).map(({ key, asn1 }) =>
    createPrivateKey({
      key: der(key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1),
      format: 'der',
      type: 'pkcs8',
    }),
  )
  const certificates = bags(certBag).map(
    ({ cert, asn1 }) => new X509Certificate(der(cert ? forge.pki.certificateToAsn1(cert) : asn1)),
  )
  for (const key of keys) {
    const certificate = certificates.find(each => each.checkPrivateKey(key))
    if (certificate !== undefined) return { certificate, key }
  }
  throw refuse('has no certificate with its private key')
}

const der = (asn1: forge.asn1.Asn1): Buffer =>
  Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')
