import { contender } from '../hand/contender.mjs'
import * as own from '../hand/own.mjs'

export const name = 'hand-written, best (own MD5)'
export const operations = contender(own)
