// The client with a certificate on `orderQuery`: the flag of the endpoint table, on a call whose answer
// is simple.
import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))

/** `WxPay`, bundled from its sources with the changed table; `edge` as for a runtime with fetch alone. */
export async function certificateClient(folder, { edge = false } = {}) {
  let changed = 0
  const { outputFiles } = await build({
    entryPoints: [join(home, 'src/client.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'certificate',
        setup({ onLoad, onResolve }) {
          const fetching = { path: join(home, 'src/transport.workerd.ts') }
          if (edge) onResolve({ filter: /\/transport\.default\.js$/ }, () => fetching)
          onLoad({ filter: /generated[\\/]endpoints\.[jt]s$/ }, async ({ path }) => {
            const table = await readFile(path, 'utf8')
            const contents = table.replace(/^( *orderQuery: \{.*"certificate":)false/m, (_, facts) => {
              changed++
              return `${facts}true`
            })
            return { contents, loader: 'ts' }
          })
        },
      },
    ],
  })
  assert.equal(changed, 1, 'the table was changed')
  const file = join(folder, `client-${edge}.mjs`)
  await writeFile(file, outputFiles[0].contents)
  try {
    return (await import(pathToFileURL(file))).WxPay
  } finally {
    await rm(file)
  }
}
