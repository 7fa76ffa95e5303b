import { type NoticeEvent, type Queues, queueOf, type Target } from '../../core/queues.ts'
import { isSigningSecret, SECRET_FORM } from '../../egress/signature.ts'

/** What a variable of the environment holds; undefined: nothing. */
type Secret = (name: string) => string | undefined

/** Those who are told of an event in a queue, each once. */
export function listeners(queues: Queues, queue: string, event: NoticeEvent): readonly Target[] {
  const all = [...queueOf(queues, queue).targets, ...queues.targets]
  return all.filter((target) => target.events.includes(event))
}

export function targetNamed(queues: Queues, id: string): Target | undefined {
  return allTargets(queues).find((target) => target.id === id)
}

function allTargets({ declared, targets }: Queues): readonly Target[] {
  return [...[...declared.values()].flatMap((queue) => queue.targets), ...targets]
}

/** Where a target is and how what it gets is signed, or why that is not known. */
export type Way =
  | { readonly url: string; readonly secrets: readonly string[]; readonly isPaused: boolean }
  | {
      readonly url?: never
      readonly reason: string
      /** Whether it never will be. */
      readonly isGone: boolean
    }

/** Finds out what the rule files leave to the environment. The words name variables, never what is in them. */
export function wayTo({ id, kind, url, urlFrom, secretFrom }: Target, secret: Secret): Way {
  const address = url ?? (urlFrom === null ? undefined : secret(urlFrom))
  const unknown = (reason: string): Way => ({ reason, isGone: false })
  if (address === undefined) return unknown(`${missing(urlFrom)}, so that nobody knows where \`${id}\` is`)
  if (kind === 'slack') return { url: address, secrets: [], isPaused: false }
  const key = secretFrom === null ? undefined : secret(secretFrom)
  if (key === undefined) return unknown(`${missing(secretFrom)}, so that nothing for \`${id}\` can be signed`)
  if (!isSigningSecret(key)) return unknown(`the variable \`${secretFrom}\` ${SECRET_FORM}`)
  return { url: address, secrets: [key], isPaused: false }
}

function missing(variable: string | null): string {
  return variable === null ? 'queues.yaml names no variable for it' : `the variable \`${variable}\` is not set`
}

/** What keeps targets from being told anything, in words, one for each such target. */
export function missingSecrets(
  queues: Queues,
  env: Readonly<Record<string, string | undefined>>,
): readonly { readonly target: string; readonly reason: string }[] {
  return allTargets(queues).flatMap((target) => {
    const way = wayTo(target, (name) => env[name] || undefined)
    return way.url === undefined ? [{ target: target.id, reason: way.reason }] : []
  })
}
