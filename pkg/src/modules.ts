import { BASE64 as CORE } from '../dist/generated/core-bytes.js'
import { decode } from './base64.js'
import { TOOLS } from './tools-module.js'

/** The compiled modules. The bytes are embedded: no file, no network, no bundler set-up. */
export const compileCore = (): WebAssembly.Module => new WebAssembly.Module(decode(CORE))
export const compileTools = (): WebAssembly.Module => new WebAssembly.Module(decode(TOOLS.BASE64))
