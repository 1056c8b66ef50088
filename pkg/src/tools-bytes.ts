// A file of its own in the package, so that CommonJS reads it only when it is needed.
export { BASE64 } from '../dist/generated/tools-bytes.js'
