import type { AuthScheme, Source, SourceAuth } from '../core/sources.ts'
import { isSigningSecret, SECRET_FORM } from '../egress/signature.ts'
import { verifyHubSignature } from './schemes/hub-signature.ts'
import { verifyHubspot } from './schemes/hubspot.ts'
import type { Authenticated, Posted, Verify } from './schemes/scheme.ts'
import { verifyBearer, verifySecretPath } from './schemes/shared-secret.ts'
import { verifyStandardWebhook } from './schemes/standard-webhooks.ts'

/** What a variable of the environment holds; undefined: nothing. */
export type Environment = (name: string) => string | undefined

/** What a source needs that is not in its file. The words of faults name variables, never what is in them. */
export interface Credentials {
  /** Each will do. */
  readonly secrets: readonly string[]
  /** The Salesforce organization that is heard; null: another format. */
  readonly organization: string | null
  /** What keeps the source from being heard; null: nothing. */
  readonly missing: string | null
  /** Secrets that can't be used, beside others that can. */
  readonly faults: readonly string[]
}

/** Organizations have ids of 15 characters, which are also written with 3 more. */
const ORGANIZATION = /^00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$/

/** Finds in the environment what `sources.yaml` leaves to it. */
export function credentialsOf({ auth, organizationFrom }: Source, environment: Environment): Credentials {
  const found = auth.secretFrom.map((name) => ({ name, secret: environment(name) }))
  const faults = found.flatMap(({ name, secret }) =>
    secret === undefined ? [] : (secretFault(auth, name, secret) ?? []),
  )
  const secrets = found.flatMap(({ name, secret }) =>
    secret === undefined || secretFault(auth, name, secret) !== null ? [] : secret,
  )
  const organization = organizationFrom === null ? undefined : environment(organizationFrom)
  const none = faults[0] ?? `the variable ${auth.secretFrom.map((name) => `\`${name}\``).join(' or ')} is not set`
  const missing = secrets.length === 0 ? none : organizationFault(organizationFrom, organization)
  return { secrets, organization: organization ?? null, missing, faults }
}

function organizationFault(variable: string | null, organization: string | undefined): string | null {
  if (variable === null) return null
  if (organization === undefined) return `the variable \`${variable}\` is not set`
  return ORGANIZATION.test(organization)
    ? null
    : `the variable \`${variable}\` must be an id of 15 or 18 characters, 00D…`
}

const SHORTEST = 16
/** Of a name in a path. */
const LONGEST = 200

function secretFault({ scheme }: SourceAuth, name: string, secret: string): string | null {
  if (scheme === 'standard-webhooks') {
    return isSigningSecret(secret) ? null : `the variable \`${name}\` ${SECRET_FORM}`
  }
  const fault = faultIn(scheme, secret)
  return fault === null ? null : `the variable \`${name}\` ${fault}`
}

/** Why nobody could show that they have the secret. */
function faultIn(scheme: AuthScheme, secret: string): string | null {
  if (secret !== secret.trim()) return 'has spaces or line breaks around it; remove them'
  if (secret.length < SHORTEST) return `must have at least ${SHORTEST} characters`
  if (scheme === 'bearer' && !/^[\x21-\x7e]+$/.test(secret)) {
    return 'must consist of printable ASCII characters without spaces, since it is part of a header'
  }
  if (scheme !== 'secret-path') return null
  if (secret.length > LONGEST) return `must have at most ${LONGEST} characters, since it is part of a URL`
  return /^[A-Za-z0-9._~-]+$/.test(secret)
    ? null
    : 'must consist of letters, digits, `-`, `_`, `.` and `~`, since it is part of a URL'
}

/**
 * Whether a request is from its source.
 * @param now milliseconds since the epoch
 */
export function authenticate(source: Source, secrets: readonly string[], posted: Posted, now: number): Authenticated {
  return verifierOf(source.auth)(posted, secrets, now)
}

function verifierOf({ scheme, deliveryHeader }: SourceAuth): Verify {
  switch (scheme) {
    case 'standard-webhooks':
      return verifyStandardWebhook
    case 'hubspot-v3':
      return verifyHubspot
    case 'hub-signature-256':
      return verifyHubSignature(deliveryHeader)
    case 'secret-path':
      return verifySecretPath
    case 'bearer':
      return verifyBearer
  }
}
