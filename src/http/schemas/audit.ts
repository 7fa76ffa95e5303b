import { z } from 'zod'
import { count, field, list, name, pageLimit, queryNumber, text, time } from './common.ts'

const STREAM = 'account:acme'
const HASH = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'

/** `account:` and the longest name. */
const stream = name('`account:<id>`, `agent:<name>`, `rulesets`, `keys` or `subscriptions`.', STREAM, 220)

export const auditQuery = z.strictObject({
  stream,
  after: field(
    queryNumber(z.number().int().min(0)).optional(),
    'Entries after this one: `next` of the page before.',
    50,
  ),
  limit: pageLimit,
})

const entryPayload = z.object({
  at: time('When.'),
  body: field(z.record(z.string(), z.unknown()), 'What was recorded.', { by: 'crm', facts: { arr: 180_000 } }),
  kind: text('What happened.', 'facts'),
})

const auditEntry = z
  .object({
    stream: text('The stream.', STREAM),
    sequence: field(z.number(), 'Place in the stream, from 1.', 12),
    kind: text('What happened.', 'signal'),
    at: time('When.'),
    payload: field(entryPayload.nullable(), 'What was recorded; null: erased since.', {
      at: '2026-11-20T09:00:00.000Z',
      body: { by: 'crm', facts: { arr: 180_000 } },
      kind: 'facts',
    }),
    salt: field(z.string().nullable(), 'Goes before the payload into its digest; erased with it.', '0f'.repeat(16)),
    redacted: field(z.boolean(), 'Whether the payload has been erased.', false),
    digest: text('SHA-256 of the salt and the payload as RFC 8785 canonical JSON, hexadecimal.', HASH),
    hash: text('SHA-256 of the hash before, the sequence and the digest, hexadecimal.', HASH),
  })
  .meta({ id: 'AuditEntry', description: 'One entry of a hash chain.' })

export const auditList = list('entries', auditEntry)

export const verifyQuery = z.strictObject({ stream: stream.optional() })

export const verification = z
  .discriminatedUnion('ok', [
    z.object({
      ok: field(z.literal(true), 'Every hash is right, and every row is as its entry has it.', true),
      entries: count('Entries that were checked.', 12),
      streams: count('Streams that were checked.', 3),
      redacted: count('Entries among them whose payload has been erased.', 0),
    }),
    z.object({
      ok: field(z.literal(false), 'The chain is broken, or a row is not as its entry has it.', false),
      entries: count('Entries that are right.', 11),
      stream: text('Where it is broken.', STREAM),
      sequence: field(z.number(), 'The first entry that is not right, or whose row is not.', 12),
      reason: text('What is wrong with it.', 'the payload is not the one that was recorded'),
    }),
  ])
  .meta({
    id: 'Verification',
    description: 'The result of recomputing the audit trail and holding the tables against it.',
  })
