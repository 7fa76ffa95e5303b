/**
 * The path of a URL as it may be logged, traced and repeated: without the query, and without what stands behind the
 * name of a webhook, which may be its secret.
 */
export function shownPath(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  return path.replace(SECRET, (_, webhook, rest) => (isOurs(rest) ? webhook + rest : `${webhook}…`))
}

/** However it is written: a path that is nearly right may have the right secret in it. */
const SECRET = /^(.*?webhooks(?:\/|%2f)+[^/%]*(?:\/|%2f)+)(.+)$/is

/** `/v1/webhooks/rejected/<id>/replay` */
function isOurs(rest: string): boolean {
  return /^(?:[0-9a-f-]{36}\/)?replay$/i.test(rest)
}
