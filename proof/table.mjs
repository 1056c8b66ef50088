// The table of the proofs: what `cargo xtask proof` prints and docs/proof.md has.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './record.mjs'

const PAGE = join(root, 'docs/proof.md')
const BLOCK = /<!-- proof -->\n[^]*<!-- \/proof -->/
const HEAD = ['proof', 'found', 'must be', 'holds', 'measured']

const line = cells => `| ${cells.join(' | ')} |`

/** `rows` has each proof with its figures, `undefined` where it was never measured. */
export function table(rows) {
  const body = rows.map(({ proof: { title, must, holds, show }, figures }) =>
    figures === undefined
      ? [title, '–', must, 'not measured', '–']
      : [title, show(figures), must, holds(figures) ? 'yes' : '**no**', when(figures)],
  )
  return [line(HEAD), line(HEAD.map(() => '---')), ...body.map(line)].join('\n')
}

const when = ({ date, commit }) => [date?.slice(0, 10), commit].filter(Boolean).join(', ')

const block = text => `<!-- proof -->\n${text}\n<!-- /proof -->`

/** Puts the table into the page. */
export function write(text) {
  writeFileSync(PAGE, readFileSync(PAGE, 'utf8').replace(BLOCK, () => block(text)))
}

/** Whether the page has this table. */
export const shows = text => readFileSync(PAGE, 'utf8').includes(block(text))
