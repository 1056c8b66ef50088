// js-tests/canaries.test.mjs: what of the secrets shows in errors, logs, answers and output.
import { count } from './number.mjs'
import { json, shown } from './record.mjs'

export const canaries = {
  name: 'canaries',
  title: 'Secrets in errors, logs, answers, metrics and output, the log on',
  effort: 'minutes',
  measure() {
    shown('node', ['--test', 'js-tests/canaries.test.mjs'])
    return json('target/canaries.json')
  },
  must: 'none',
  holds: ({ found, views }) => found === 0 && views > 1000,
  show: ({ found, views, secrets }) => `${found} of ${count(secrets)} spellings, in ${count(views)} views`,
}
