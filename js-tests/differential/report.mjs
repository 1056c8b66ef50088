// The disagreements as a page.

const number = n => n.toLocaleString('en')
const line = cells => `| ${cells.join(' | ')} |`
const hidden = c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
const code = text => `\`${text.slice(0, 200).replaceAll(/[`|]|[^\x20-\x7e\p{L}]|\p{Cs}/gu, hidden)}\``

function section({ name, kinds }) {
  const rows = kinds.map(({ kind, count, right, because, example }) => line([kind, number(count), right, because, code(example)]))
  return [`## ${name}`, '', line(['kind', 'times', 'who is right', 'why', 'an example']), line(['---', '---:', '---', '---', '---']), ...rows, '']
}

export function markdown({ inputs, seed, comparisons, disagreements, unexplained, pairs }) {
  return [
    '<!-- Written by `cargo xtask differential`. -->',
    '# Where other programs disagree',
    '',
    `${number(inputs)} random inputs (seed ${seed}), ${number(comparisons)} comparisons, ${number(disagreements)} disagreements, ${number(unexplained)} of them unexplained.`,
    '',
    'A disagreement counts as explained when the reason is repeated in a few lines and gives the very',
    'signature, or the very fields, that the other program came to; a refusal here is explained by its code.',
    'Among the inputs are on purpose many that no program should hand over.',
    '',
    line(['compared', 'comparisons', 'disagreements', 'unexplained']),
    line(['---', '---:', '---:', '---:']),
    ...pairs.map(pair => line([pair.name, number(pair.compared), number(pair.disagreements), number(pair.unexplained.length)])),
    '',
    ...pairs.filter(({ kinds }) => kinds.length > 0).flatMap(section),
  ].join('\n')
}
