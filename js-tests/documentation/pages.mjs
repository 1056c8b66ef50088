// The pages that people read: every one is checked.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = dirname(dirname(import.meta.dirname))

/** Paths from the root, `/` between. */
export const pages = () => [
  ...['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/shop/README.md'],
  ...readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md')).sort().map(name => `docs/${name}`),
]

export const read = page => readFileSync(join(root, page), 'utf8')

const FENCE = /^(?<indent> *)(?<fence>`{3,})(?<info>[^`\n]*)\n(?<text>[^]*?)^\k<indent>\k<fence> *$/gm
const COMMENT = /<!-- test: (?<words>[^\n]*?) -->\n+$/

/**
 * The code blocks of a page: where they stand, language, text, and the words of the comment
 * `<!-- test: … -->` right before them.
 */
export function blocks(page) {
  const text = read(page)
  return Array.from(text.matchAll(FENCE), ({ index, groups }) => {
    const before = text.slice(0, index)
    return {
      page,
      line: before.split('\n').length,
      language: groups.info.trim(),
      text: groups.text.replaceAll(new RegExp(`^${groups.indent}`, 'gm'), ''),
      words: (COMMENT.exec(before)?.groups.words ?? '').split(' ').filter(Boolean),
    }
  })
}

/** The headings of a page, without what stands in code. */
export function headings(page) {
  const lines = read(page).replaceAll(FENCE, '').split('\n')
  return lines.flatMap(line => {
    const found = /^(#{1,6}) (.+)$/.exec(line)
    return found ? [{ level: found[1].length, text: found[2] }] : []
  })
}

/** The rows of the table under a heading or a comment, as lists of cells. */
export function table(page, after) {
  const text = read(page)
  const start = text.indexOf(after)
  if (start < 0) throw new RangeError(`${page} has no ${after}`)
  const [found] = /^\|.*\n\| ?:?-.*\n(\|.*\n)+/m.exec(text.slice(start)) ?? []
  if (found === undefined) throw new RangeError(`${page} has no table after ${after}`)
  const [head, , ...rows] = found.trimEnd().split('\n').map(cells)
  return { head, rows }
}

const cells = line => line.split(/(?<!\\)\|/).slice(1, -1).map(cell => cell.trim().replaceAll('\\|', '|'))
