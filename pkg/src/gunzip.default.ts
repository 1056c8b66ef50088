export { gunzip } from './gunzip.node.js'
