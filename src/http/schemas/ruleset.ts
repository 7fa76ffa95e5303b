import { z } from 'zod'
import { count, field, list, text, time } from './common.ts'
import { RULE_FILES } from './examples.ts'

const HASH = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

const decision = z.object({
  decision: text('Name of the decision.', 'expansion-outreach'),
  description: text('The question it answers.', 'May a copilot reach out about expansion?'),
  states: field(z.array(z.string()), 'What may be true of an account.', ['healthy', 'at_risk']),
  actions: field(z.array(z.string()), 'What can be done.', ['send_expansion_email', 'wait']),
})

export const ruleset = z
  .object({
    ruleset: text('SHA-256 of the rules.', HASH),
    activatedAt: time('Since when they answer.'),
    source: text('Where they came from.', 'directory rules'),
    by: text('Who or what activated them.', 'directory rules'),
    pinned: field(z.boolean(), 'Whether they hold against the directory until they are released.', false),
    decisions: z.array(decision).meta({ description: 'What can be asked.' }),
    shadow: z
      .object({
        ruleset: text('SHA-256 of its rules.', HASH),
        startedAt: time('Since when it runs.'),
      })
      .meta({ description: 'The set that runs as a shadow and answers nobody, see `GET /v1/shadow`; null: none.' })
      .nullable(),
    directory: z
      .object({
        path: text('Where it is, as the process that answers was told.', 'rules'),
        watched: field(z.boolean(), 'Whether what changes there is taken; not with `UMPIRE_ACTIVATION=manual`.', true),
        ruleset: text('SHA-256 of the rules there; null: they are refused, see `lastError`.', HASH).nullable(),
        differs: field(z.boolean(), 'Whether these may answer, but others do.', false),
      })
      .meta({ description: 'The rules in the directory of the process that answers.' }),
    lastError: z
      .object({
        at: time('When.'),
        reasons: field(z.array(z.string()), 'One line each.', ['rules/_all.yaml:3:7: unknown fact `account.ar`']),
      })
      .meta({ description: 'Why newer rules of the directory do not answer; null: none are refused.' })
      .nullable(),
  })
  .meta({ id: 'Ruleset', description: 'The rules that answer now.' })

export const activation = z
  .object({
    sequence: count('Place in the audit stream `rulesets`.', 7),
    ruleset: text('SHA-256 of the rules.', HASH),
    activatedAt: time('Since when they answered.'),
    source: text('Where they came from: a directory, or `api`.', 'directory rules'),
    by: text('Who or what activated them.', 'maria'),
    pinned: field(z.boolean(), 'Whether they were pinned against the directory.', false),
    changes: field(z.array(z.string()), 'What was otherwise than in the set before.', [
      'expansion-outreach: prior of state healthy 0.8 → 0.75',
    ]),
    restores: count('Of a rollback, the `sequence` of the activation that it went back to; else null.', 3).nullable(),
  })
  .meta({ id: 'Activation', description: 'From when on some rules answered, and who wanted that.' })

export const activationList = list('activations', activation)

export const rulesetPath = z.strictObject({
  hash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be `sha256:` and 64 hexadecimal digits' })
    .meta({ description: 'SHA-256 of the rules.', examples: [HASH] }),
})

export const upload = z
  .strictObject({
    files: z
      .record(z.string().regex(/^[\w.-]{1,100}\.yaml$/, { error: 'must be the name of a `.yaml` file' }), z.string())
      .refine((files) => Object.keys(files).length > 0, { error: 'must have at least one file' })
      .meta({ description: 'Rule files by their names: all of a set.', examples: [RULE_FILES] }),
  })
  .meta({ id: 'RulesetUpload', description: 'Rules to be stored.', examples: [{ files: RULE_FILES }] })

export const uploaded = z.object({
  ruleset: text('SHA-256 of the rules, by which they are activated.', HASH),
  warnings: field(z.array(z.string()), 'What looks wrong in them, one line each.', []),
})
