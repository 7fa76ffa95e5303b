/**
 * Whole bodies that work as they are under the rules that come with Umpire, since `/docs` offers them to be sent. Times
 * are left out where that is allowed, so that they do not grow old.
 */

const CHURN_RISK = {
  id: 'cr-2026-11-20-17',
  agent: 'churn-radar',
  agentVersion: '3.2.0',
  claim: 'churn_risk',
  confidence: 0.82,
  recommends: 'save_play',
  evidence: [{ label: 'Logins down 60 %', url: 'https://bi.example.com/acme/logins' }],
}
const HEALTHY = { id: 'pulse-4711', agent: 'pulse', claim: 'healthy', confidence: 0.9 }

export const FACTS = {
  arr: 180_000,
  segment: 'mid_market',
  flags: ['champion_left'],
  onboardedAt: '2024-03-01T00:00:00Z',
}

/** A host that nobody has (RFC 6761). */
export const SUBSCRIPTION = {
  url: 'https://crm.example.com/hooks/umpire',
  events: ['adjudication.changed', 'adjudication.resolved'],
  filter: { decision: 'expansion-outreach' },
}

export const ACCOUNT_CHANGE = { facts: FACTS, aliases: ['hubspot:4711'] }

export const SIGNALS = {
  signals: [
    { account: 'acme', ...CHURN_RISK },
    { account: 'acme', ...HEALTHY },
  ],
}

const { id, agent, claim, ...data } = CHURN_RISK
export const CLOUD_EVENT = {
  specversion: '1.0',
  id,
  source: agent,
  subject: 'acme',
  type: `umpire.signal.${claim}`,
  datacontenttype: 'application/json',
  data,
}

export const QUESTION = {
  account: 'acme',
  decision: 'expansion-outreach',
  proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  signals: [CHURN_RISK, HEALTHY],
  facts: FACTS,
  dryRun: false,
}

export const CHECK = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
  payload: { to: 'kim@acme.example', subject: 'More seats for the new team?' },
}

/** Of no lease that there is. */
export const REDEMPTION = {
  token: `uml_${'A'.repeat(64)}`,
  payloadHash: '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
}

export const ACTION_REPORT = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
}

export const OUTCOMES = {
  outcomes: [
    {
      account: 'acme',
      decision: 'expansion-outreach',
      state: 'at_risk',
      observedAt: '2026-01-15T09:00:00Z',
      source: 'billing',
    },
  ],
}

export const AGENT_PATCH = { mode: 'live', trust: 0.9, owner: 'cs-ops' }

/** With a reviewer, since the first key that anybody has is the admin's. */
const reviewer = 'maria'

export const COMMENT = { comment: 'Their champion told me on the phone', reviewer }

export const RULE_FILES = {
  'coffee.yaml': `decision: coffee
states: { awake: { prior: 0.6 }, tired: { prior: 0.4 } }
actions:
  brew: { autonomy: autonomous, loss: { awake: 1, tired: 0 } }
  wait: { autonomy: autonomous, loss: { awake: 0, tired: 5 } }
review: { cost: 2, queue: ops }
`,
}

export const ASSIGNMENT = { assignee: 'ben', comment: 'Yours, I think', reviewer }

export const RESOLUTION = {
  resolution: 'override',
  action: 'send_expansion_email',
  state: 'healthy',
  wrongSignals: [CHURN_RISK.id],
  reason: 'knows_account',
  comment: 'Their champion told me on the phone',
  reviewer,
}

export const BULK = {
  ids: ['01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'],
  resolution: 'dismiss',
  reason: 'not_needed',
  reviewer,
}

/** Of no rules that there are. */
export const BASELINE_HASH = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
export const CANDIDATE_HASH = 'sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'
