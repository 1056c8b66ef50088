const colours = process.stdout.isTTY === true && !process.env.NO_COLOR

const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text)
export const bold = paint(1)
export const quiet = paint(2)
export const green = paint(32)
export const red = paint(31)
export const blue = paint(36)
/** White modules stay white on a light terminal too, or no camera reads the code. */
export const blackOnWhite = paint('97;40')

export const say = (text = '') => process.stdout.write(`${text}\n`)

/** Two columns per Chinese character, as a terminal draws them. */
const width = (text) => [...text].reduce((sum, letter) => sum + (/[\u2e80-\uffef]/.test(letter) ? 2 : 1), 0)

export const pad = (text, columns) => text + ' '.repeat(Math.max(0, columns - width(text)))

export const indent = (text, columns) => text.replace(/^/gm, ' '.repeat(columns))

/** What others wrote cannot move the cursor or forge a line of this output. */
export const printable = (text) => text.replace(/[^\P{C}\n]/gu, '\ufffd')
