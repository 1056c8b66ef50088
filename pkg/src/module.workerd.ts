// workerd compiles no bytes at run time: it imports modules.
// @ts-expect-error a module of the runtime, without types
import core from './core.wasm'

export const compile = (): WebAssembly.Module => core as WebAssembly.Module
