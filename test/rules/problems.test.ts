import { describe, expect, it } from 'vitest'
import { edited, problemsOf } from './good.ts'

const CONDITION = `'"procurement_dispute" in account.flags'`

/** What is wrong, the piece of the good file that is replaced, by what, and every problem that comes of it. */
type Row = readonly [what: string, from: string, to: string, problems: readonly string[]]

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  'names and keys': [
    ['no decision', 'decision: expansion-outreach\n', '', ['d.yaml:2:1 error: `decision` is missing']],
    [
      'a name that starts with a digit',
      'decision: expansion-outreach',
      'decision: 1st',
      ['d.yaml:2:11 error: `1st` is no name; use letters, digits, `_`, `.` and `-`, a letter first'],
    ],
    [
      'a reserved word as a name',
      'decision: expansion-outreach',
      'decision: constructor',
      ['d.yaml:2:11 error: `constructor` is a reserved word; choose another name'],
    ],
    [
      'a long name',
      'decision: expansion-outreach',
      'decision: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      ['d.yaml:2:11 error: `aaaaaaaaaaaaaaaaaaaa…` is longer than 100 characters; shorten it'],
    ],
    [
      'an unknown key',
      'description: May',
      'descripton: May',
      ['d.yaml:3:1 error: unknown key `descripton`; did you mean `description`?'],
    ],
    [
      'a key of JavaScript',
      'tolerance: 1',
      '__proto__: 1',
      ['d.yaml:39:1 error: `__proto__` is a reserved word; choose another name'],
    ],
    [
      'a misspelt section',
      'review: {',
      'reviw: {',
      ['d.yaml:2:1 error: `review` is missing', 'd.yaml:20:1 error: unknown key `reviw`; did you mean `review`?'],
    ],
    [
      'a section of another shape',
      'rules:\n',
      'rules: {}\nnotes:\n',
      [
        'd.yaml:21:8 error: `rules` must be a list, not a map',
        'd.yaml:22:1 error: unknown key `notes`; there are `decision`, `description`, `facts`, `states`, `claims`, `actions`, `review`, `adjudicateOn`, `rules`, `dependence`, `evidenceCap`, `tolerance`, `validFor` and `lease`',
      ],
    ],
  ],
  'what people are asked': [
    [
      'an assignee that is no text',
      'sampleRate: 0.1',
      'assignee: account.arr * 2',
      ['d.yaml:20:54 error: must be text; it is a number'],
    ],
    [
      'an assignee of an unknown fact',
      'sampleRate: 0.1',
      'assignee: account.ownr',
      ['d.yaml:20:62 error: unknown fact `account.ownr`; declare it under `facts`'],
    ],
    [
      'an assignee of signals',
      'sampleRate: 0.1',
      "assignee: 'signals[0].agent.name'",
      ["d.yaml:20:55 error: `signals` can't be used here, only `account` and `now`"],
    ],
    [
      'an assignee of a rule',
      'priority: 5',
      'assignee: account.segmnt',
      ['d.yaml:29:56 error: unknown fact `account.segmnt`; did you mean `account.segment`?'],
    ],
    [
      'an unknown fallback',
      'sampleRate: 0.1',
      'fallback: wate',
      ['d.yaml:20:54 error: unknown action `wate`; there are `send_email` and `wait`'],
    ],
    [
      'a fallback that is for people',
      'autonomy: autonomous\n    loss: { healthy: 0.0006 * account.arr, at_risk: 0 }\nreview: {',
      'autonomy: off_limits\n    loss: { healthy: 0.0006 * account.arr, at_risk: 0 }\nreview: { fallback: wait,',
      ["d.yaml:20:21 error: only people do `wait`, so it can't be what happens without one; name another"],
    ],
    [
      'an answer that holds for no time',
      'sampleRate: 0.1',
      'holdsFor: PT0S',
      ['d.yaml:20:54 error: `PT0S` is no time at all; write a longer one'],
    ],
    [
      'something else to be asked on',
      'tolerance: 1',
      'adjudicateOn: [signals]',
      [
        'd.yaml:39:16 error: item 1 of `adjudicateOn` must be `signal` or `fact`, not `signals`; did you mean `signal`?',
      ],
    ],
  ],
  'numbers and durations': [
    ['above its range', 'dependence: 0.5', 'dependence: 1.5', ['d.yaml:37:13 error: `dependence` must be at most 1']],
    [
      'no number',
      'dependence: 0.5',
      'dependence: often',
      ['d.yaml:37:13 error: `dependence` must be a number, not `often`'],
    ],
    [
      'not a number',
      'dependence: 0.5',
      'dependence: .nan',
      ['d.yaml:37:13 error: `.nan` is no number to reckon with; write digits'],
    ],
    ['not above zero', 'evidenceCap: 2', 'evidenceCap: 0', ['d.yaml:38:14 error: `evidenceCap` must be more than 0']],
    ['negative', 'tolerance: 1', 'tolerance: -1', ['d.yaml:39:12 error: `tolerance` must be at least 0']],
    [
      'no duration',
      'validFor: PT2H',
      'validFor: 2h',
      ['d.yaml:40:11 error: `2h` is no ISO 8601 duration; write it as in `P14D`, `PT8H` or `P1DT12H`'],
    ],
    [
      'a duration in months',
      'validFor: PT2H',
      'validFor: P1M',
      ['d.yaml:40:11 error: `P1M` has years or months, which have no fixed length; write days, as in `P30D`'],
    ],
    [
      'no time at all',
      'validFor: PT2H',
      'validFor: PT0S',
      ['d.yaml:40:11 error: `PT0S` is no time at all; write a longer one'],
    ],
    [
      'a time that no calendar reaches',
      'validFor: PT2H',
      'validFor: P99999999999D',
      ['d.yaml:40:11 error: `P99999999999D` is longer than a thousand years; write a shorter one'],
    ],
    [
      'a duration without unit',
      'validFor: PT2H',
      'validFor: 7200',
      ['d.yaml:40:11 error: `validFor` must be text, not `7200`'],
    ],
    ['a negative review cost', 'cost: 40', 'cost: -1', ['d.yaml:20:17 error: `cost` must be at least 0']],
    [
      'a sample rate above 1',
      'sampleRate: 0.1',
      'sampleRate: 2',
      ['d.yaml:20:56 error: `sampleRate` must be at most 1'],
    ],
    ['no queue', 'queue: csm, ', '', ['d.yaml:20:1 error: `queue` is missing']],
  ],
  facts: [
    [
      'an unknown type',
      'segment: string',
      'segment: text',
      ['d.yaml:4:32 error: `text` is no type; write `number`, `string`, `bool`, `timestamp`, `map` or `list<string>`'],
    ],
    [
      'a name that no expression can read',
      'segment: string',
      'seg-ment: string',
      ['d.yaml:4:23 error: `seg-ment` is no name of a fact; use letters, digits and `_`, no digit first'],
    ],
    [
      'a name that every object has',
      'segment: string',
      'toString: string',
      ['d.yaml:4:23 error: `toString` is a reserved word; choose another name'],
    ],
    [
      'a default that does not fit',
      'default: []',
      'default: [1]',
      ['d.yaml:4:78 error: the default does not fit the type `list<string>`; give one that does, or leave it out'],
    ],
    [
      'a misspelt default',
      'default: []',
      'defualt: []',
      ['d.yaml:4:69 error: unknown key `defualt`; did you mean `default`?'],
    ],
    [
      'a list for a type',
      'segment: string',
      'segment: [string]',
      ['d.yaml:4:32 error: `segment` must be a type, or a map with `type` and `default`, not a list'],
    ],
    [
      'no type',
      'segment: string',
      'segment:',
      ['d.yaml:4:23 error: `segment` must be a type, or a map with `type` and `default`, not empty'],
    ],
  ],
  'states and claims': [
    [
      'priors that do not sum to 1',
      '{ prior: 0.8 }',
      '{ prior: 0.7 }',
      ['d.yaml:5:1 error: the priors sum to 0.9; they must sum to 1'],
    ],
    [
      'a certain state',
      '{ prior: 0.8 }',
      '{ prior: 1 }',
      ['d.yaml:5:1 error: the priors sum to 1.2; they must sum to 1', 'd.yaml:6:21 error: `prior` must be less than 1'],
    ],
    ['a bare prior', '{ prior: 0.8 }', '0.8', ['d.yaml:6:12 error: `healthy` must be a map, not `0.8`']],
    ['no prior', '{ prior: 0.8 }', '{}', ['d.yaml:6:3 error: `prior` is missing']],
    [
      'an unknown state',
      'pointsAt: [at_risk]',
      'pointsAt: [at_rsk]',
      ['d.yaml:9:28 error: unknown state `at_rsk`; did you mean `at_risk`?'],
    ],
    [
      'every state',
      'pointsAt: [at_risk]',
      'pointsAt: [at_risk, healthy]',
      ['d.yaml:9:27 error: `churn_risk` points at every state, so it says nothing; leave one out'],
    ],
    ['no state', 'pointsAt: [at_risk]', 'pointsAt: []', ['d.yaml:9:27 error: `pointsAt` must not be empty']],
    [
      'a word for a list',
      'pointsAt: [at_risk]',
      'pointsAt: at_risk',
      ['d.yaml:9:27 error: `pointsAt` must be a list, not `at_risk`; write `[at_risk]`'],
    ],
    [
      'a half-life in years',
      'P14D',
      'P1Y',
      ['d.yaml:9:48 error: `P1Y` has years or months, which have no fixed length; write days, as in `P30D`'],
    ],
  ],
  actions: [
    [
      'a misspelt level',
      'autonomy: supervised',
      'autonomy: supervisd',
      [
        'd.yaml:14:15 error: `autonomy` must be `autonomous`, `supervised`, `copilot` or `off_limits`, not `supervisd`; did you mean `supervised`?',
      ],
    ],
    ['no level', 'autonomy: supervised\n', '\n', ['d.yaml:13:3 error: `autonomy` is missing']],
    [
      'a loss left out',
      'at_risk: 0.002 * account.arr',
      'description: x',
      [
        'd.yaml:16:5 error: `send_email` has no loss in `at_risk`; add it, 0 where it costs nothing',
        'd.yaml:16:25 error: unknown state `description`; there are `healthy` and `at_risk`',
      ],
    ],
    ['a negative loss', '0.002 * account.arr', '-5', ['d.yaml:16:34 error: `at_risk` must be at least 0']],
    [
      'an endless loss',
      '0.002 * account.arr',
      '.inf',
      ['d.yaml:16:34 error: `.inf` is no number to reckon with; write digits'],
    ],
    [
      'a loss that is text',
      '0.002 * account.arr',
      'account.segment',
      ['d.yaml:16:34 error: must be a number; it is a string'],
    ],
    [
      'a loss of unknown facts',
      '0.002 * account.arr',
      'account.ar * account.seg',
      [
        'd.yaml:16:42 error: unknown fact `account.ar`; did you mean `account.arr`?',
        'd.yaml:16:55 error: unknown fact `account.seg`; did you mean `account.segment`?',
      ],
    ],
    [
      'a loss from signals',
      '0.002 * account.arr',
      'size(signals)',
      ["d.yaml:16:39 error: `signals` can't be used here, only `account` and `now`"],
    ],
    [
      'a comma in a flow map',
      '0.002 * account.arr',
      'cost(account.arr, 1)',
      [
        'd.yaml:16:50 error: the expression ends too early',
        'd.yaml:16:52 error: `1)` is no name; if it is part of an expression, put all of that in single quotes',
      ],
    ],
  ],
  conditions: [
    [
      'an unknown fact',
      CONDITION,
      'account.flgs == []',
      ['d.yaml:23:19 error: unknown fact `account.flgs`; did you mean `account.flags`?'],
    ],
    [
      'a fact without `account`',
      CONDITION,
      'arr > 5',
      ['d.yaml:23:11 error: unknown name `arr`; did you mean `account.arr`?'],
    ],
    [
      'a word without quotes',
      CONDITION,
      'account.segment == smb',
      [
        'd.yaml:23:30 error: unknown name `smb`; there are `account`, `signals`, `proposal` and `now`; text stands in quotes, `"smb"`',
      ],
    ],
    [
      '`signal` without `forEach`',
      CONDITION,
      'signal.ageHours > 5',
      ['d.yaml:23:11 error: `signal` is there only under `forEach: signal`; add that to the rule or use `signals`'],
    ],
    [
      'an unknown field of a signal',
      'signal.agent.kind',
      'signal.agent.knd',
      ['d.yaml:35:24 error: unknown field `knd` of the agent; did you mean `kind`?'],
    ],
    [
      'an unknown field of the proposal',
      CONDITION,
      'proposal.name == "x"',
      ['d.yaml:23:20 error: unknown field `name` of the proposal; there are `agent` and `action`'],
    ],
    [
      'an unknown function',
      CONDITION,
      'dayssince(account.onboardedAt) > 5',
      ['d.yaml:23:11 error: unknown function `dayssince`; did you mean `daysSince`?'],
    ],
    ['no condition', CONDITION, 'account.arr', ['d.yaml:23:11 error: must be true or false; it is a number']],
    [
      'types that clash',
      CONDITION,
      'account.segment < 5',
      ['d.yaml:23:11 error: `<` does not work between string and number; `account.segment` is declared as `string`'],
    ],
    [
      'a method that does not fit',
      CONDITION,
      'account.segment.startsWith(5)',
      ['d.yaml:23:11 error: `startsWith` of string does not take (number)'],
    ],
    [
      'a fraction as an index',
      CONDITION,
      'account.flags[account.arr] == "x"',
      ['d.yaml:23:11 error: an index must be a whole number; write `int(…)`'],
    ],
    [
      'a fraction for an int',
      CONDITION,
      'account.segment.substring(account.arr) == "x"',
      ['d.yaml:23:11 error: `substring` of string does not take (number); write `int(…)` for a whole number'],
    ],
    [
      'a function of time on a number',
      CONDITION,
      'daysSince(account.arr) > 5',
      ['d.yaml:23:29 error: `daysSince` takes a timestamp, not a number'],
    ],
    [
      'the account itself',
      CONDITION,
      'account == null',
      ['d.yaml:23:11 error: `account` stands for all facts; name one, as in `account.arr`'],
    ],
    ['one `=`', CONDITION, 'account.arr = 1', ['d.yaml:23:23 error: `=` is no operator; write `==`']],
    [
      '`and`',
      CONDITION,
      'account.arr > 1 and account.arr < 5',
      ['d.yaml:23:27 error: `and` is no operator; write `&&`'],
    ],
    [
      '`not`',
      CONDITION,
      'account.arr > 1 && not has(account.segment)',
      ['d.yaml:23:30 error: `not` is no operator; write `!`'],
    ],
    [
      'a word that begins like one',
      CONDITION,
      'account.arr > 1 orders',
      [
        'd.yaml:23:27 error: unexpected `orders`; look for an operator, a bracket or a quotation mark that is missing before it',
      ],
    ],
    [
      'an operator too many',
      CONDITION,
      'account.arr > > 1',
      [
        'd.yaml:23:25 error: unexpected `>`; look for an operator, a bracket or a quotation mark that is missing before it',
      ],
    ],
    [
      'a number without a zero',
      CONDITION,
      'account.arr > .5',
      ['d.yaml:23:25 error: unexpected `.`; begin a number with a digit, as in `0.5`'],
    ],
    [
      'a number with commas',
      CONDITION,
      'account.arr > 250,000',
      ['d.yaml:23:28 error: unexpected `,`; write a number without separators, as in `250000`'],
    ],
    [
      'a number with a letter',
      CONDITION,
      'account.arr > 250k',
      ['d.yaml:23:28 error: unexpected `k`; write all digits of a number, as in `250000`'],
    ],
    [
      'an amount of money',
      CONDITION,
      'account.arr > $250',
      ['d.yaml:23:25 error: unexpected `$`; leave the currency out'],
    ],
    [
      'a percentage',
      CONDITION,
      '20% * account.arr > 5',
      ['d.yaml:23:15 error: unexpected `*`; write a percentage as a share, as in `0.05`'],
    ],
    [
      'quotation marks of a word processor',
      CONDITION,
      'account.segment == “smb”',
      ['d.yaml:23:30 error: unexpected `“`; write straight quotation marks, `"`'],
    ],
    ['`<>`', CONDITION, 'account.arr <> 5', ['d.yaml:23:23 error: `<>` is no operator; write `!=`']],
    ['`is`', CONDITION, 'account.segment is "smb"', ['d.yaml:23:27 error: `is` is no operator; write `==`']],
    ['one `&`', CONDITION, 'account.arr > 1 & account.arr < 3', ['d.yaml:23:27 error: `&` is no operator; write `&&`']],
    [
      '`if`',
      CONDITION,
      'if account.arr > 1',
      ['d.yaml:23:11 error: there is no `if`; write `condition ? this : that`'],
    ],
    [
      'a loop of another language',
      CONDITION,
      'account.flags.any(f, f == "x")',
      ['d.yaml:23:25 error: unknown function `any`; write `exists(…)`'],
    ],
    [
      'a method that there is not',
      CONDITION,
      'account.segment.segment() == "x"',
      ['d.yaml:23:27 error: unknown function `segment`'],
    ],
    [
      'a list searched like text',
      CONDITION,
      'account.flags.contains("x")',
      ['d.yaml:23:11 error: `contains` of list does not take (string); write `"x" in …`'],
    ],
    [
      'text searched like a list',
      CONDITION,
      'account.segment in "smb, x"',
      [
        'd.yaml:23:11 error: `in` does not work between string and string; write a list, as in `["a", "b"]`; `account.segment` is declared as `string`',
      ],
    ],
    [
      'a date that is none',
      CONDITION,
      'now > 2026-01-01',
      ['d.yaml:23:11 error: `>` does not work between timestamp and number; write a time as `timestamp("2026-12-24")`'],
    ],
    [
      'days as a number',
      CONDITION,
      'now - account.onboardedAt < 90',
      ['d.yaml:23:11 error: `<` does not work between duration and number; write `daysSince(…)` for days'],
    ],
    [
      'nothing to compare with',
      CONDITION,
      'account.segment == null',
      [
        'd.yaml:23:11 error: `==` does not work between string and null; ask `has(…)` for what may be missing; `account.segment` is declared as `string`',
      ],
    ],
    [
      'two comparisons in one',
      CONDITION,
      '1 < account.arr < 5',
      ['d.yaml:23:11 error: `<` does not work between bool and number; compare two at a time and join them by `&&`'],
    ],
    [
      'an agent for its name',
      CONDITION,
      'signals.exists(s, s.agent == "pulse")',
      ['d.yaml:23:29 error: `==` does not work between agent and string; compare its `name` or its `kind`'],
    ],
    [
      'signals for one of them',
      CONDITION,
      'signals.claim == "x"',
      ['d.yaml:23:19 error: a list has no field `claim`; ask its items, as in `list.exists(item, …)`'],
    ],
    ['an optional field', CONDITION, 'account.?arr > 1', ['d.yaml:23:19 error: expected a name, got `?`']],
    [
      'a day that does not exist',
      CONDITION,
      'now > timestamp("2026-02-30")',
      [
        'd.yaml:23:27 error: `timestamp` takes a time, such as `2026-12-24` or `2026-12-24T09:00:00Z`, not `2026-02-30`',
      ],
    ],
    [
      'a time as somebody says it',
      CONDITION,
      'now > timestamp("Dec 24 2026 00:00:00")',
      [
        'd.yaml:23:27 error: `timestamp` takes a time, such as `2026-12-24` or `2026-12-24T09:00:00Z`, not `Dec 24 2026 00:00:00`',
      ],
    ],
    [
      'a duration in ISO 8601',
      CONDITION,
      'now - account.onboardedAt > duration("P1D")',
      ['d.yaml:23:48 error: `duration` takes a length of time, such as `36h` or `90m`, not `P1D`'],
    ],
    [
      'a size as a field',
      CONDITION,
      'account.flags.size > 2',
      ['d.yaml:23:25 error: a list has no field `size`; write `size(…)`'],
    ],
    [
      'something else than a field in `has`',
      CONDITION,
      "'has(account.flags[0])'",
      ['d.yaml:23:16 error: `has` asks for a field, as in `has(account.arr)`'],
    ],
    ['an end that comes too early', CONDITION, 'account.arr >', ['d.yaml:23:24 error: the expression ends too early']],
    ['a bracket left open', CONDITION, '(account.arr > 1', ['d.yaml:23:27 error: the expression ends too early']],
    ['a text left open', CONDITION, "'\"x == account.segment'", ['d.yaml:23:12 error: unterminated string']],
    [
      'a number with underscores',
      CONDITION,
      'account.arr > 1_000',
      ['d.yaml:23:26 error: unexpected `_000`; write a number without separators, as in `250000`'],
    ],
    ['nothing', CONDITION, '', ['d.yaml:23:5 error: `when` must be an expression, not empty']],
    [
      '`matches`',
      CONDITION,
      'account.segment.matches("(a+)+")',
      [
        'd.yaml:23:27 error: `matches` is not allowed: regular expressions can take forever; use `contains`, `startsWith` or `endsWith`',
      ],
    ],
    [
      'loops in loops',
      CONDITION,
      'account.flags.all(a, account.flags.all(b, account.flags.all(c, true)))',
      ['d.yaml:23:53 error: `all` is nested deeper than 2; split the rule'],
    ],
    [
      'a variable that is taken',
      CONDITION,
      'account.flags.all(now, now == "x")',
      ['d.yaml:23:11 error: `now` in `all` is taken already; choose another name'],
    ],
    [
      'two mistakes',
      CONDITION,
      'account.ar > 1 && foo(account.segmnt)',
      [
        'd.yaml:23:19 error: unknown fact `account.ar`; did you mean `account.arr`?',
        'd.yaml:23:29 error: unknown function `foo`',
        'd.yaml:23:41 error: unknown fact `account.segmnt`; did you mean `account.segment`?',
      ],
    ],
  ],
  rules: [
    [
      'an id given twice',
      'id: dispute',
      'id: stale-health-model',
      ['d.yaml:33:9 error: rule `stale-health-model` is there already, above; rename one'],
    ],
    ['a number for an id', 'id: dispute', 'id: 7', ['d.yaml:22:9 error: `id` must be text, not `7`']],
    [
      'an unknown action',
      'veto: [send_email]',
      'veto: [send_emial]',
      ['d.yaml:24:20 error: unknown action `send_emial`; did you mean `send_email`?'],
    ],
    [
      'an unknown tag',
      'veto: [send_email]',
      'veto: ["#customer_facin"]',
      ['d.yaml:24:20 error: unknown tag `#customer_facin`; did you mean `#customer_facing`?'],
    ],
    [
      'a word for a list',
      'veto: [send_email]',
      'veto: send_email',
      ['d.yaml:24:19 error: `veto` must be a list, not `send_email`; write `[send_email]`'],
    ],
    [
      'no effect',
      'veto: [send_email], ',
      '',
      [
        'd.yaml:24:11 error: the rule does nothing; add `veto`, `escalate`, `autonomyCap`, `weight`, `addLoss` or `tag`',
      ],
    ],
    [
      'no reason',
      ', because: Pushing expansion in a dispute costs the relationship',
      '',
      ['d.yaml:24:5 error: `because` is missing'],
    ],
    [
      'an unknown effect',
      'veto: [send_email]',
      'tag: x, vetos: [send_email]',
      ['d.yaml:24:21 error: unknown key `vetos`; did you mean `veto`?'],
    ],
    [
      'a misspelt cap',
      "'#customer_facing': copilot",
      "'#customer_facing': copilt",
      [
        'd.yaml:30:42 error: `#customer_facing` must be `autonomous`, `supervised`, `copilot` or `off_limits`, not `copilt`; did you mean `copilot`?',
      ],
    ],
    [
      'a cap of an unknown action',
      "'#customer_facing': copilot",
      'nobody: copilot',
      ['d.yaml:30:22 error: unknown action `nobody`; there are `send_email` and `wait`'],
    ],
    [
      'a loss in an unknown state',
      '{ at_risk: 100,',
      '{ at_rsk: 100,',
      ['d.yaml:31:32 error: unknown state `at_rsk`; did you mean `at_risk`?'],
    ],
    [
      'a loss of an unknown fact',
      'account.arr * 0.001',
      'account.ar * 0.001',
      ['d.yaml:31:63 error: unknown fact `account.ar`; did you mean `account.arr`?'],
    ],
    [
      'a broken priority',
      'priority: 5',
      'priority: 5.5',
      ['d.yaml:29:48 error: `priority` must be a whole number, not `5.5`'],
    ],
    [
      'a word for a map',
      'escalate: { queue: onboarding, priority: 5, due: PT1H }',
      'escalate: onboarding',
      ['d.yaml:29:17 error: `escalate` must be a map, not `onboarding`'],
    ],
    ['no tag', 'tag: newcomer', 'tag: []', ['d.yaml:32:12 error: `tag` must not be empty']],
    ['a weight above 3', 'weight: 0.3', 'weight: 4', ['d.yaml:36:21 error: `weight` must be at most 3']],
    [
      'a weight without a signal',
      'forEach: signal\n    when: signal.agent.kind == "health_model" && signal.ageHours > 72',
      'when: account.arr > 5',
      ['d.yaml:35:21 error: `weight` belongs to a signal; add `forEach: signal` to the rule'],
    ],
    [
      'a misspelt `forEach`',
      'forEach: signal',
      'forEach: signals',
      ['d.yaml:34:14 error: `forEach` must be `signal`, not `signals`; did you mean `signal`?'],
    ],
  ],
  'places in YAML': [
    [
      'a double-quoted text that goes on after Windows line ends',
      CONDITION,
      '"account.arr > 1 && \\\r\n      account.ar > 2"',
      ['d.yaml:24:15 error: unknown fact `account.ar`; did you mean `account.arr`?'],
    ],
    [
      'a double-quoted text',
      CONDITION,
      '"\\"x\\" in account.flgs"',
      ['d.yaml:23:29 error: unknown fact `account.flgs`; did you mean `account.flags`?'],
    ],
    [
      'a single-quoted text',
      CONDITION,
      "'''x'' in account.flgs'",
      ['d.yaml:23:29 error: unknown fact `account.flgs`; did you mean `account.flags`?'],
    ],
    [
      'a literal block',
      CONDITION,
      '|\n      account.arr > 1 &&\n      account.ar > 2',
      ['d.yaml:25:15 error: unknown fact `account.ar`; did you mean `account.arr`?'],
    ],
    [
      'a folded block',
      CONDITION,
      '>-\n      account.arr > 1 &&\n\n      account.ar > 2',
      ['d.yaml:26:15 error: unknown fact `account.ar`; did you mean `account.arr`?'],
    ],
    [
      'a text over two lines',
      CONDITION,
      'account.arr > 1 &&\n      account.ar > 2',
      ['d.yaml:24:15 error: unknown fact `account.ar`; did you mean `account.arr`?'],
    ],
    [
      'a quote before more text',
      CONDITION,
      '"x" in account.flags',
      [
        'd.yaml:23:15 error: not YAML: more after a closing quotation mark; if this is an expression, put all of it in single quotes',
      ],
    ],
    [
      'a negation',
      CONDITION,
      '!has(account.arr)',
      ["d.yaml:23:11 error: a value can't start with `!`; if this is an expression, put all of it in single quotes"],
    ],
    [
      'a condition with a colon',
      CONDITION,
      'account.arr > 1 ? true : false',
      [
        'd.yaml:23:11 error: not YAML: a second `:` after this; put an expression or text that has a colon in single quotes, or indent the next line less',
      ],
    ],
  ],
}

for (const [part, rows] of Object.entries(TABLE)) {
  describe(`problems in ${part}`, () => {
    it.each(rows)('%s', (_what, from, to, problems) => {
      expect(problemsOf({ 'd.yaml': edited([from, to]) })).toEqual(problems)
    })
  })
}
