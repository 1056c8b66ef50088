// A Python program that answers frames with lines.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const OWN = fileURLToPath(new URL('../../target/python/bin/python', import.meta.url))

/** Whether the packages of `requirements.txt` are there. */
export const packages = existsSync(OWN.replace(/bin\/python$/, '.installed'))

/** Starts a program of this folder; `ask` sends bodies and resolves with what it said to each. */
export function python(file) {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(packages ? OWN : 'python3', ['-B', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask(bodies) {
    const frames = bodies.flatMap(body => {
      const bytes = Buffer.from(body)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    })
    child.stdin.write(Buffer.concat(frames))
    const answers = []
    while (answers.length < bodies.length) {
      const { done, value } = await lines.next()
      if (done) throw new Error(`${file} ended after ${answers.length} of ${bodies.length} answers`)
      answers.push(JSON.parse(value))
    }
    return answers
  }

  return { ask, end: () => child.stdin.end() }
}
