import { WxPayError } from './errors.js'
import { compileTools } from './modules.js'
import { fillRandom } from './random.js'
import { TOOLS } from './tools-module.js'
import { compiled, trapped } from './traps.js'

let ready = false

/** Runs a call of the tools, which are compiled on the first one. Nothing happens at import. */
export function call<T>(run: (tools: typeof TOOLS.glue) => T): T {
  const { glue } = TOOLS
  if (!ready) {
    compiled(() => glue.initSync({ module: compileTools() }))
    glue.setRandom(fillRandom)
    ready = true
  }
  try {
    return run(glue)
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) {
      glue.__wbg_reset_state()
      glue.setRandom(fillRandom)
      throw trapped(thrown)
    }
    // The core throws plain objects; what is an error comes from elsewhere, with codes of its own.
    if (thrown instanceof Error) throw thrown
    const { code, message, field, offset, err_code, action } = thrown as WxPayError
    throw new WxPayError(code, message, { field, offset, err_code, action })
  }
}
