/** How a source shows that it is who it says, by the words of `sources.yaml`. */
export const AUTH_SCHEMES = ['standard-webhooks', 'hubspot-v3', 'hub-signature-256', 'secret-path', 'bearer'] as const
export type AuthScheme = (typeof AUTH_SCHEMES)[number]

/** What a source sends: JSON, or the outbound messages of Salesforce (SOAP). */
export const FORMATS = ['json', 'salesforce'] as const
export type Format = (typeof FORMATS)[number]

/** Who posts to `POST /v1/webhooks/{source}`, and what that becomes. A plain value, so that threads can be given it. */
export interface Source {
  readonly name: string
  readonly description: string
  readonly auth: SourceAuth
  readonly format: Format
  /** The environment variable with the id of the only Salesforce organization that is heard; null: another format. */
  readonly organizationFrom: string | null
  /** The agents that it speaks for; none: it sends facts only. */
  readonly agents: readonly string[]
  /** JSONata that finds the events in a payload; null: the items of a list, or the payload itself. */
  readonly forEach: string | null
  /** An event is what the first that fits makes of it. */
  readonly matchers: readonly Matcher[]
}

export interface SourceAuth {
  readonly scheme: AuthScheme
  /** The environment variables with its secrets; any of them will do, so that one can take the place of another. */
  readonly secretFrom: readonly string[]
  /** The header in which `hub-signature-256` names a delivery, in lower case. */
  readonly deliveryHeader: string
}

export type Scalar = string | number | boolean | null

/** One kind of event, and what it becomes. */
export interface Matcher {
  readonly name: string
  /** Fields of the event, `object.Type`, each with the values that it may have; null is one that is not there. */
  readonly match: Readonly<Record<string, readonly Scalar[]>>
  /** JSONata that must be true besides; null: nothing. */
  readonly when: string | null
  /** Null: events of this kind are passed over. */
  readonly makes: Mapping | null
}

/** JSONata for each thing that an event may become; null: it does not. */
export interface Mapping {
  readonly account: string
  readonly aliases: string | null
  /** When it happened: milliseconds since the epoch, or RFC 3339. */
  readonly at: string | null
  readonly facts: string | null
  /** A signal, or a list of them. */
  readonly signals: string | null
}

export type Sources = ReadonlyMap<string, Source>

export const NO_SOURCES: Sources = new Map()
