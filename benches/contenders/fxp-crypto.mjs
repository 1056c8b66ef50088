import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { readerAndCrypto } from '../reader-and-crypto.mjs'

export const name = 'fast-xml-parser + node:crypto'

const parser = new XMLParser({ parseTagValue: false, ignoreDeclaration: true })
const builder = new XMLBuilder({ suppressEmptyNode: true })

export const operations = readerAndCrypto(
  xml => parser.parse(xml).xml,
  fields => builder.build({ xml: fields }),
)
