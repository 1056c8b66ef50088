// `cargo xtask reproducible`: the package built again elsewhere.
import { count } from './number.mjs'
import { json, shown } from './record.mjs'

export const reproducible = {
  name: 'reproducible',
  title: 'The same bytes from another folder, cargo home and npm cache',
  effort: 'minutes',
  measure() {
    shown('cargo', ['xtask', 'reproducible'])
    const { files, packed, tarball, wasm } = json('target/reproducible.json')
    return { files, packed, tarball, wasm }
  },
  must: 'every file',
  holds: ({ files, wasm }) => files > 0 && Object.keys(wasm).length === 3,
  show: ({ files, packed }) => `${count(files)} files, the tarball of ${count(packed)}`,
}
