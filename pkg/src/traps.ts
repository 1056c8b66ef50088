import { WxPayError } from './errors.js'

let traps = 0

/** How often a module had to be made anew after a fault: 0, or there is a bug to report. */
export const trapCount = (): number => traps

/** A trap leaves its instance undefined: one call fails, the next one gets a fresh instance. */
export function trapped(cause: unknown): WxPayError {
  traps++
  return new WxPayError('INTERNAL', 'a fault in the core; the call had no effect', { cause })
}

/** Compiles a module, or says why that cannot be done here. */
export function compiled<T>(compile: () => T): T {
  try {
    return compile()
  } catch (cause) {
    throw new WxPayError(
      'INTERNAL',
      'the WebAssembly core cannot be compiled here; under a Content-Security-Policy, script-src ' +
        "needs 'wasm-unsafe-eval'",
      { cause },
    )
  }
}
