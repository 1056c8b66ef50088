import * as glue from '../dist/generated/core.js'
import { WxPayError } from './errors.js'
import { compile } from './module.js'
import { fillRandom } from './random.js'

let ready = false
let traps = 0

/** How often the core had to be made anew after a fault: 0, or there is a bug to report. */
export const trapCount = (): number => traps

/** Runs a call of the core, which is compiled on the first one. Nothing happens at import. */
export function call<T>(run: (core: typeof glue) => T): T {
  if (!ready) start()
  try {
    return run(glue)
  } catch (thrown) {
    throw translate(thrown)
  }
}

function start(): void {
  try {
    glue.initSync({ module: compile() })
  } catch (cause) {
    throw new WxPayError(
      'INTERNAL',
      'the WebAssembly core cannot be compiled here; under a Content-Security-Policy, script-src ' +
        "needs 'wasm-unsafe-eval'",
      { cause },
    )
  }
  glue.setRandom(fillRandom)
  ready = true
}

function translate(thrown: unknown): unknown {
  if (thrown instanceof WebAssembly.RuntimeError) {
    // A trap leaves the instance undefined: this call fails, the next one gets a fresh instance.
    traps++
    glue.__wbg_reset_state()
    glue.setRandom(fillRandom)
    return new WxPayError('INTERNAL', 'a fault in the core; the call had no effect', {
      cause: thrown,
    })
  }
  const { code, message, field, offset, err_code } = thrown as WxPayError
  return typeof code === 'string' ? new WxPayError(code, message, { field, offset, err_code }) : thrown
}
