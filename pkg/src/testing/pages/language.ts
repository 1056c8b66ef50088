export type Language = 'zh-CN' | 'en'

/** The language of a page: what its address asks for, else what the browser prefers, else Chinese. */
export function languageOf(query: URLSearchParams, accepted: string | undefined): Language {
  const asked = query.get('lang') ?? accepted ?? ''
  return /^en\b/i.test(asked.trim()) ? 'en' : 'zh-CN'
}
