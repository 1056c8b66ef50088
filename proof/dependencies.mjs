// Licences, sources and bans by cargo-deny, and what the registries know against a dependency, where
// they say it.
import { spawnSync } from 'node:child_process'
import { root, shown } from './record.mjs'

/** How many advisories there are, `null` where the registry does not answer such questions. */
function audit() {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' })
  return JSON.parse(stdout || '{}').metadata?.vulnerabilities?.total ?? null
}

export const dependencies = {
  name: 'dependencies',
  title: 'Dependencies: licences, sources and bans by cargo-deny; advisories by npm audit',
  effort: 'long',
  measure() {
    shown('cargo', ['deny', '--offline', 'check', 'bans', 'licenses', 'sources'])
    return { deny: 'ok', advisories: audit() }
  },
  must: 'nothing against them',
  holds: ({ deny, advisories }) => deny === 'ok' && (advisories ?? 0) === 0,
  show: ({ deny, advisories }) => `${deny}; ${advisories ?? 'this registry answers no questions about advisories'}`,
}
