// The figures of the READMEs: `node benches/readme.mjs` writes those of results.json again.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readmeText } from './report.mjs'
import { CHINESE, ENGLISH } from './words.mjs'

const at = file => fileURLToPath(new URL(file, import.meta.url))

/** Which page has the figures in which words. */
export const READMES = { '../README.md': ENGLISH, '../README.zh-CN.md': CHINESE }

export const shown = (results, words) => `<!-- bench -->\n${readmeText(results, words)}\n<!-- /bench -->`

/** Puts the figures into the pages. */
export function writeReadmes(results) {
  for (const [file, words] of Object.entries(READMES)) {
    const text = readFileSync(at(file), 'utf8')
    writeFileSync(at(file), text.replace(/<!-- bench -->[^]*<!-- \/bench -->/, () => shown(results, words)))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeReadmes(JSON.parse(readFileSync(at('results.json'), 'utf8')))
}
