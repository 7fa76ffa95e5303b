import type { Problem } from './api.ts'
import { UmpireError } from './error.ts'
import { parseRetryAfter } from './retry.ts'

/**
 * @param url of the service, for the message of an error
 * @throws UmpireError where it is a problem, or no answer of an Umpire
 */
export function readAnswer(url: string, response: Response, text: string): object {
  const { status, headers, ok } = response
  const answer = parse(text)
  if (ok && answer) return answer
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
  if (!ok && isProblem(answer)) {
    const { code, title, detail, instance, errors } = answer
    throw new UmpireError(detail, { code, status, title, instance, retryAfterMs, ...(errors && { errors }) })
  }
  const code = ok ? 'unreadable' : 'not_umpire'
  const answered = `\`${url}\` answers ${status || 'a redirect'}, as no Umpire does`
  throw new UmpireError(`${answered}; ${adviceOn(response)}`, {
    code,
    status,
    title: 'Not an answer of Umpire',
    retryAfterMs,
  })
}

/** Keys don't follow redirects. Browsers hide where one leads, and that it is one: its status is 0. */
function adviceOn({ status, headers }: Response): string {
  if (status >= 500) return 'try again once the service is up'
  if (status >= 400 || (status >= 200 && status < 300)) return 'set `url` to where Umpire is'
  const location = headers.get('location')
  return `it leads ${location === null ? 'elsewhere' : `to \`${location}\``}, so set \`url\` to where Umpire is`
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function isProblem(answer: object | null): answer is Problem {
  const { code, detail } = (answer ?? {}) as Partial<Problem>
  return typeof code === 'string' && typeof detail === 'string'
}
