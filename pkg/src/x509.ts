import type { X509Certificate } from 'node:crypto'

/** What a certificate says of itself; times in milliseconds since 1970. */
export interface CertificateFacts {
  subject: string
  /** The merchant id in the subject's CN; another kind of certificate has none. */
  mch_id: string | undefined
  /** Upper-case hexadecimal, as the merchant platform shows it. */
  serial: string
  validFrom: number
  validTo: number
}

export const DAY = 86_400_000

export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { subject, serialNumber, validFrom, validTo } = certificate
  return {
    subject: subject.split('\n').join(', '),
    // Node escapes a line end inside a value, so that no other field can pose as CN.
    mch_id: /^CN=(\d{8,10})$/m.exec(subject)?.[1],
    serial: serialNumber,
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
  }
}
