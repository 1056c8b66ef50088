/** What a person would do at WeChat's end: a POST to the gateway's own controls. */
export async function control(gateway, path) {
  const answer = await fetch(gateway.url + path, { method: 'POST' })
  const heard = await answer.json()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${heard.code}`)
  return heard
}
