import { BASE64 } from '../dist/generated/doctor-bytes.js'
import { decode } from './base64.js'

/** The doctor's JavaScript; its bytes are embedded and compiled on the first call. */
export * as glue from '../dist/generated/doctor.js'
export const compileDoctor = (): WebAssembly.Module => new WebAssembly.Module(decode(BASE64))
