// workerd compiles no bytes at run time: it imports modules.
// @ts-expect-error a module of the runtime, without types
import doctor from './doctor.wasm'

export * as glue from '../dist/generated/doctor.js'
export const compileDoctor = (): WebAssembly.Module => doctor as WebAssembly.Module
