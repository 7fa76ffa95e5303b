/**
 * The path of a URL as it may be logged, traced and repeated: without the query, and without what stands behind the
 * name of a webhook, which may be its secret.
 */
export function shownPath(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  if (OURS.test(path)) return path
  for (const written of [path, decoded(path)]) {
    const before = SECRET.exec(written)?.[1]
    if (before !== undefined) return `${before}…`
  }
  return path
}

const OURS = /^\/v1\/webhooks\/rejected\/(?:replay|[0-9a-f-]{36}(?:\/replay)?)$/i

/** However it is written: a path that is nearly right may have the right secret in it. */
const SECRET = /^(.*?webhooks?(?:\/|%2f)+[^/%]*(?:\/|%2f)+).+$/is

/** Any letter may be percent-encoded: the router takes it for what it stands for. */
function decoded(path: string): string {
  return path.replace(/%[2-7][0-9a-f]/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}
