// workerd compiles no bytes at run time: it imports modules.
// @ts-expect-error a module of the runtime, without types
import core from './core.wasm'
// @ts-expect-error a module of the runtime, without types
import tools from './tools.wasm'

export const compileCore = (): WebAssembly.Module => core as WebAssembly.Module
export const compileTools = (): WebAssembly.Module => tools as WebAssembly.Module
