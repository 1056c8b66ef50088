export { defaultTransport } from './transport.node.js'
