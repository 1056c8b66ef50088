import * as glue from '../dist/generated/tools.js'
import { BASE64 } from '../dist/generated/tools-bytes.js'

/**
 * The tools' JavaScript and bytes. One name, in a file of its own in the package: CommonJS reads it
 * only when it is needed.
 */
export const TOOLS = { glue, BASE64 }
