import { webcrypto } from 'node:crypto'
import { provideRandom } from './random.js'

// Node 18 has no global crypto.
provideRandom(webcrypto)

export * from './index.js'
