// A field name that was seen: its tags and its label in the string to sign as 32-bit words, and the
// name that followed it last time. A ready property key is what makes objects cheap.

export class Entry {
  constructor(name, id) {
    this.name = name
    this.id = id
    this.open = new Word(`<${name}>`)
    this.close = new Word(`</${name}>`)
    this.label = new Word(`&${name}=`)
    this.next = this
  }
}

/** ASCII text as words; the last one is compared under a mask. */
export class Word {
  constructor(text) {
    const bytes = Buffer.alloc((text.length + 3) & ~3)
    bytes.latin1Write(text, 0)
    this.length = text.length
    this.words = Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(i * 4))
    this.whole = text.length >> 2
    this.mask = (1 << ((text.length & 3) * 8)) - 1
    this.tail = this.mask === 0 ? 0 : this.words[this.whole]
  }

  stands(view, at) {
    const { words, whole } = this
    for (let i = 0; i < whole; i++, at += 4) if (view.getInt32(at, true) !== words[i]) return false
    return this.mask === 0 || (view.getInt32(at, true) & this.mask) === this.tail
  }

  /** Writes it, and up to three bytes of nothing behind it. */
  write(view, at) {
    const { words } = this
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i], true)
    return this.length
  }
}
