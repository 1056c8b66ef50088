import { contender } from '../hand/contender.mjs'
import * as openssl from '../hand/openssl.mjs'

export const name = 'hand-written, best (crypto.hash)'
export const operations = contender(openssl)
