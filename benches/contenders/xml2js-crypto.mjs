import xml2js from 'xml2js'
import { readerAndCrypto } from '../reader-and-crypto.mjs'

export const name = 'xml2js + node:crypto'

const builder = new xml2js.Builder({ rootName: 'xml', cdata: true, headless: true })

/** Synchronous unless asked otherwise: the callback runs before `parseString` returns. */
function parse(xml) {
  let found
  xml2js.parseString(xml, { explicitArray: false, explicitRoot: false }, (error, fields) => {
    if (error) throw error
    found = fields
  })
  return found
}

export const operations = readerAndCrypto(parse, fields => builder.buildObject(fields))
