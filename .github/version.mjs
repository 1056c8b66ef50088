// A tag publishes what it says: `node .github/version.mjs v1.2.3`.
import { readFileSync } from 'node:fs'

const read = path => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const tag = process.argv[2]?.replace(/^v/, '')
const versions = {
  'pkg/package.json': JSON.parse(read('pkg/package.json')).version,
  'Cargo.toml': /^\[workspace\.package\]\nversion = "(.+)"$/m.exec(read('Cargo.toml'))?.[1],
}
for (const [file, version] of Object.entries(versions)) {
  if (version === tag) continue
  console.error(`the tag says ${tag}, and ${file} ${version}`)
  process.exitCode = 1
}
