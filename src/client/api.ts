// Generated from the OpenAPI document by `npm run client:api`; change the schemas of the service instead.
// biome-ignore-all format: it is as it was generated

export interface Operations {
  /** Send signals */
  sendSignals: {
    body: {
      /**
       * Taken in one by one: a bad one stops no other.
       *
       * @minItems 1
       * @maxItems 1000
       */
      signals: Signal[]
    }
    answer: {
      /** In the order of the signals. */
      results: {
        /** Id of the signal; null where what was sent has none. */
        id: string | null
        /** Its agent; null where what was sent has none. */
        agent: string | null
        /** What became of it. */
        status: 'accepted' | 'duplicate' | 'rejected'
        problem?: ItemProblem
      }[]
    }
    problem: Problem
  }
  /** Set facts and aliases */
  putAccount: {
    path: {
      /** Id of the account, or an alias. */
      account: string
    }
    body: AccountChange
    answer: Account
    problem: Problem
  }
  /** Ask what to do */
  adjudicate: {
    body: AdjudicationRequest
    answer: Adjudication
    problem: Problem
  }
  /** Read an adjudication */
  getAdjudication: {
    path: {
      /** Id of the adjudication. */
      id: string
    }
    answer: Adjudication
    problem: Problem
  }
  /** Wait for what people decide */
  getResolution: {
    path: {
      /** Id of the adjudication. */
      id: string
    }
    query: {
      /** How long to wait for a person, at most: an ISO 8601 duration up to `PT60S`. Not at all where it is left out. */
      wait?: string
    }
    answer: Resolution
    problem: Problem
  }
  /** Ask before acting */
  check: {
    body: CheckRequest
    answer: Check
    problem: Problem
  }
  /** Redeem a lease as you act */
  redeemLease: {
    body: RedemptionRequest
    answer: Redemption
    problem: Problem
  }
  /** Report what an agent did */
  reportAction: {
    body: ActionReport
    answer: ReportedAction
    problem: Problem
  }
  /** Read how far an agent follows */
  getUptake: {
    path: {
      /** Name of the agent. */
      agent: string
    }
    query: {
      /** Of this decision only. */
      decision?: string
      /** From when on, RFC 3339; the last 90 days where it is left out. */
      since?: string
    }
    answer: Uptake
    problem: Problem
  }
  /** List escalations */
  listEscalations: {
    query: {
      /** How many at most; 50 where it is left out. */
      limit?: number
      /** `next` of the page before; leave it out for the first. */
      cursor?: string
      /** Only with this status. */
      status?: 'open' | 'claimed' | 'resolved' | 'withdrawn' | 'expired'
      /** Only of this queue. */
      queue?: string
      /** Only of this kind; decisions where it is left out. */
      kind?: 'decision' | 'sample'
      /** Only those that this person holds. */
      claimedBy?: string
      /** Only those that this person should take. */
      assignee?: string
      /** Only of this account. */
      account?: string
    }
    answer: {
      /** In the order of the list. */
      escalations: Escalation[]
      /** Cursor of the next page; null: this is the last. */
      next: string | null
    }
    problem: Problem
  }
  /** Read an escalation */
  getEscalation: {
    path: {
      /** Id of the escalation. */
      id: string
    }
    answer: EscalationDetail
    problem: Problem
  }
}

/** One agent's statement about one account. */
export interface Signal {
  /** The agent's own id of the signal: the same (account, agent, id) is taken in once. */
  id: string
  /** Who says so. */
  agent: string
  /** What it says, in the agent's vocabulary. */
  claim: string
  /** Version of the agent. */
  agentVersion?: string
  /** How sure the agent is of its claim. Send this, or `score`, or neither. */
  confidence?: number
  /** A score that the agent's scale turns into a confidence. */
  score?: number
  /** When it was observed, at most 5 minutes ahead; left out: when it arrives. */
  observedAt?: string
  expiresAt?: string | null
  /** The action that the agent recommends. */
  recommends?: string
  /**
   * What the agent goes by: an agent's words, shown apart from what Umpire says.
   *
   * @maxItems 20
   */
  evidence?: {
    /** What the agent saw, in its words. */
    label: string
    /** Where it can be seen. Never fetched. */
    url?: string
  }[]
  /** Whatever else the agent wants kept, at most 8 KiB. */
  attributes?: {
    [k: string]: unknown
  }
  /** The account, by its id or an alias. */
  account: string
}

/** Why one item of a batch was rejected. */
export interface ItemProblem {
  /** The kind of problem. */
  code:
    | 'invalid_request'
    | 'invalid_json'
    | 'payload_too_large'
    | 'unsupported_media_type'
    | 'unauthorized'
    | 'sender_not_authenticated'
    | 'forbidden'
    | 'not_found'
    | 'method_not_allowed'
    | 'request_timeout'
    | 'headers_too_large'
    | 'unknown_decision'
    | 'invalid_ruleset'
    | 'unknown_action'
    | 'unknown_state'
    | 'unknown_reason'
    | 'agent_not_allowed'
    | 'signal_conflict'
    | 'score_without_scale'
    | 'outcome_conflict'
    | 'alias_conflict'
    | 'already_claimed'
    | 'already_resolved'
    | 'not_claimed'
    | 'escalation_changed'
    | 'key_conflict'
    | 'delivery_pending'
    | 'shadow_conflict'
    | 'backtest_pending'
    | 'backtest_finished'
    | 'facts_too_large'
    | 'lease_used'
    | 'lease_revoked'
    | 'lease_expired'
    | 'payload_changed'
    | 'redacted'
    | 'idempotency_mismatch'
    | 'idempotency_in_progress'
    | 'rate_limited'
    | 'source_disabled'
    | 'overloaded'
    | 'unavailable'
    | 'damaged'
    | 'internal'
  /** What happened, and what to do next. */
  detail: string
}

/** What went wrong (RFC 9457). */
export interface Problem {
  /** Identifies the kind of problem. */
  type: string
  /** The kind in words. */
  title: string
  /** HTTP status. */
  status: number
  /** The kind, for programs; the list is closed. */
  code:
    | 'invalid_request'
    | 'invalid_json'
    | 'payload_too_large'
    | 'unsupported_media_type'
    | 'unauthorized'
    | 'sender_not_authenticated'
    | 'forbidden'
    | 'not_found'
    | 'method_not_allowed'
    | 'request_timeout'
    | 'headers_too_large'
    | 'unknown_decision'
    | 'invalid_ruleset'
    | 'unknown_action'
    | 'unknown_state'
    | 'unknown_reason'
    | 'agent_not_allowed'
    | 'signal_conflict'
    | 'score_without_scale'
    | 'outcome_conflict'
    | 'alias_conflict'
    | 'already_claimed'
    | 'already_resolved'
    | 'not_claimed'
    | 'escalation_changed'
    | 'key_conflict'
    | 'delivery_pending'
    | 'shadow_conflict'
    | 'backtest_pending'
    | 'backtest_finished'
    | 'facts_too_large'
    | 'lease_used'
    | 'lease_revoked'
    | 'lease_expired'
    | 'payload_changed'
    | 'redacted'
    | 'idempotency_mismatch'
    | 'idempotency_in_progress'
    | 'rate_limited'
    | 'source_disabled'
    | 'overloaded'
    | 'unavailable'
    | 'damaged'
    | 'internal'
  /** What happened, and what to do next. */
  detail: string
  /** This request; the log has it under the same id. */
  instance: string
  /** All that is wrong with the request, where it is not valid. */
  errors?: {
    /** Where it is, in the body, the path or the query. */
    path: string
    /** What is wrong with it. */
    message: string
  }[]
  /** What is not ready. */
  missing?: string[]
}

/** What is new about an account. */
export interface AccountChange {
  /** Facts to set, merged at the top level; null takes one away. At most 64 KiB as JSON, and 1,000 items a list. */
  facts?: {
    [k: string]: unknown
  }
  /**
   * Aliases to add. One that was an account of its own joins this one.
   *
   * @maxItems 100
   *
   * Items: What another system calls the account.
   */
  aliases?: string[]
}

/** An account as it stands. */
export interface Account {
  /** Id of the account. */
  account: string
  /** What other systems call it. */
  aliases: string[]
  /** What is known of the account, by name. */
  facts: {
    [k: string]: unknown
  }
  /** Its live signals. */
  signals: StandingSignal[]
  /** The newest of each decision. */
  adjudications: Adjudication[]
  /** What waits for a person. */
  escalations: Escalation[]
}

/** A signal that stands. */
export interface StandingSignal {
  /** Its place in the account's audit stream. */
  sequence: number
  /** The agent's id of it. */
  id: string
  /** Who says so. */
  agent: string
  /** What it says. */
  claim: string
  /** As stated; null: not stated. */
  confidence: number | null
  /** As stated; null: not stated. */
  score: number | null
  /** When it was observed. */
  observedAt: string
  expiresAt: string | null
  /** What the agent wrote: nobody's word, never fetched, never part of an answer. */
  untrusted: {
    /** The agent's version. */
    agentVersion: string | null
    /** What the agent would do. */
    recommends: string | null
    /** What the agent goes by. */
    evidence: {
      /** What the agent saw, in its words. */
      label: string
      /** Where it can be seen. Never fetched. */
      url?: string
    }[]
    /** Whatever else it sent. */
    attributes: {
      [k: string]: unknown
    }
  }
}

/** One resolved question and the terms it was computed from. */
export interface Adjudication {
  /** Id; null for a dry run. */
  id: string | null
  /** Id of the account. */
  account: string
  /** The decision. */
  decision: string
  /** The answer in one sentence, made of names, numbers and what operators wrote. */
  summary: string
  /** What to do, and what may be done with it. */
  recommendation: {
    /** What to do; null: nothing is permitted. */
    action: string | null
    /** Belief in the states in which this action has the least loss. */
    confidence: number
    /** What may be done with it. */
    disposition: 'act' | 'act_and_review' | 'suggest' | 'escalate'
    /** Why; the first decided, all that hold are listed. `fallback`: nobody decided in time, and the queue falls back. */
    reasons: (
      | 'decided_by_person'
      | 'no_permitted_action'
      | 'rule_error'
      | 'rule'
      | 'people_only'
      | 'uncertain'
      | 'copilot'
      | 'sampled'
      | 'supervised'
      | 'autonomous'
      | 'fallback'
    )[]
  }
  proposal: {
    /** Who wants to act. */
    agent: string
    /** What it wants to do. */
    action: string
    /** Whether it may. */
    verdict: 'allow' | 'ask' | 'deny'
    /** Why. */
    reasons: (
      | 'vetoed'
      | 'off_limits'
      | 'out_of_scope'
      | 'decided_by_person'
      | 'loss_failed'
      | 'needs_person'
      | 'costlier'
      | 'copilot'
      | 'within_tolerance'
      | 'recommended'
      | 'fallback'
    )[]
  } | null
  /** Probability of each state. */
  beliefs: {
    [k: string]: number
  }
  /** Expected loss of each action; null where its loss could not be computed. */
  expectedLoss: {
    [k: string]: number | null
  }
  /** Expected cost of error: what a perfect answer would be worth. */
  regret: number
  /** What asking a person costs. */
  reviewCost: number
  /** 0: the signals agree, 1: they cancel out. */
  conflict: number
  /** One term for each signal, the unused ones too. */
  signals: {
    /** Its place in the account's audit stream. */
    sequence: number
    /** The agent's id of it. */
    id: string
    /** Who says so. */
    agent: string
    /** What it says. */
    claim: string
    /** Stated, or by the agent's scale; null: neither. */
    confidence: number | null
    /** The probability that the arithmetic used. */
    calibrated: number
    /** Age at the time of the answer, in hours. */
    ageHours: number
    /** Product of its parts. */
    weight: number
    /** What the weight is made of. */
    weightParts: {
      /** The agent's trust. */
      trust: number
      /** 0.5 to the power of age over half-life. */
      freshness: number
      /** Product of the weights that rules gave. */
      rules: number
      /** 1 over the number of the agent's used signals. */
      share: number
      /** What is left because agents read the same sources. */
      dependence: number
    }
    /** Log-likelihood ratio for the states that the claim points at, natural logarithm. */
    llr: number
    /** weight · llr */
    contribution: number
    /** Whether it carried weight. */
    used: boolean
    /** Why it carried none. */
    why?:
      'agent_in_shadow' | 'agent_out_of_scope' | 'claim_not_mapped' | 'superseded' | 'own_case' | 'beyond_newest_200'
  }[]
  /** The rules that held, in file order, and those that failed. */
  rules: {
    /** Id of the rule. */
    id: string
    /** What it did; null: it failed. */
    effect: ('veto' | 'escalate' | 'autonomyCap' | 'weight' | 'addLoss' | 'tag') | null
    /** The operator's reason. */
    because: string
    /** Id of the signal for which it held. */
    signal?: string
    /** Expression and reason, where it failed. */
    error?: string
  }[]
  /** What would change the recommendation. */
  flips: {
    /** Id of the signal. */
    signal: string
    /** The confidence nearest to the stated one at which the recommendation changes. */
    atConfidence: number
    /** What would be recommended then. */
    action: string
  }[]
  /** Tags that rules gave. */
  tags: string[]
  ruling: {
    /** What they decided, so what is recommended. */
    action: string
    /** Who decided. */
    by: string
    /** When. */
    at: string
    /** When it ends, unless what it was decided under changes before. */
    until: string
  } | null
  resolution: {
    /** A person upheld the recommendation, overrode it or dismissed the item; nobody decided in time (`fallback`); or no person was needed any more (`withdrawn`). */
    resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
    /** What is to be done; null: nothing was decided. */
    action: string | null
    /** What was recommended then. */
    recommended: string | null
    /** What the reviewer knows of the account. */
    state: string | null
    /** Ids of signals that the reviewer calls wrong. */
    wrongSignals: string[]
    /** Why, by its code. */
    reason: string
    /** Why, in their words. */
    comment: string | null
    /** Who decided; `umpire`: no person. */
    by: string
    /** When it ended. */
    at: string
  } | null
  escalation: {
    /** Id of the escalation; null for a dry run. */
    id: string | null
    /** A decision waits for a person; a sample blocks nothing. */
    kind: 'decision' | 'sample'
    /** Whose it is. */
    queue: string
    /** Higher comes first. */
    priority: number
    /** When a person should have decided. */
    dueAt: string
    /** Who should take it; null: anybody of the queue. */
    assignee: string | null
  } | null
  /** The rules that answered. */
  ruleset: string
  /** Numbers the arithmetic. */
  engine: number
  /** When it was answered. */
  createdAt: string
  /** Ask again after that. */
  validUntil: string
  audit: {
    /** Audit stream. */
    stream: string
    /** Place in the stream. */
    sequence: number
    /** Hash of the entry, hexadecimal. */
    hash: string
  } | null
}

/** An item in a human queue. */
export interface Escalation {
  /** Id. */
  id: string
  /** Id of the newest adjudication of the question. */
  adjudication: string
  /** Id of the account. */
  account: string
  /** The decision. */
  decision: string
  /** What could not be evaluated, of an item that is about that: decision and rule; null: it is about the account. */
  rule: string | null
  /** Whose it is. */
  queue: string
  /** A decision waits for a person; a sample blocks nothing. */
  kind: 'decision' | 'sample'
  /** How far it is. A claim that has lapsed leaves it `open`. */
  status: 'open' | 'claimed' | 'resolved' | 'withdrawn' | 'expired'
  /** Higher comes first. */
  priority: number
  regret: number | null
  /** When a person should have decided. */
  dueAt: string
  overdueAt: string | null
  /** What is recommended; null: nothing, or its queue is blind. */
  recommended: string | null
  /** Why a person is asked, and what else holds; null: its queue is blind. */
  reasons:
    | (
        | 'decided_by_person'
        | 'no_permitted_action'
        | 'rule_error'
        | 'rule'
        | 'people_only'
        | 'uncertain'
        | 'copilot'
        | 'sampled'
        | 'supervised'
        | 'autonomous'
      )[]
    | null
  proposal: {
    /** Who wants to act. */
    agent: string
    /** What it wants to do. */
    action: string
  } | null
  /** Who should take it; null: anybody of the queue. */
  assignee: string | null
  /** Who works on it; null: nobody. */
  claimedBy: string | null
  claimedUntil: string | null
  probability: number | null
  /** How often newer answers have changed what is asked. */
  changes: number
  resolution: {
    /** A person upheld the recommendation, overrode it or dismissed the item; nobody decided in time (`fallback`); or no person was needed any more (`withdrawn`). */
    resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
    /** What is to be done; null: nothing was decided. */
    action: string | null
    /** What was recommended then. */
    recommended: string | null
    /** What the reviewer knows of the account. */
    state: string | null
    /** Ids of signals that the reviewer calls wrong. */
    wrongSignals: string[]
    /** Why, by its code. */
    reason: string
    /** Why, in their words. */
    comment: string | null
    /** Who decided; `umpire`: no person. */
    by: string
    /** When it ended. */
    at: string
  } | null
  /** Id of the adjudication that opened it. */
  openedBy: string
  /** When it was opened. */
  createdAt: string
  closedAt: string | null
  /** Whether the recommendation is hidden until the reviewer has given theirs. */
  blind: boolean
}

/** A question about one account. */
export interface AdjudicationRequest {
  /** The account, by its id or an alias. */
  account: string
  /** The decision, as its rule file names it. */
  decision: string
  proposal?: {
    /** Who wants to act. */
    agent: string
    /** What it wants to do, an action of the decision. */
    action: string
  } | null
  /**
   * Taken in first, then used. One that is bad refuses the request.
   *
   * @maxItems 1000
   */
  signals?: AccountSignal[]
  /** What is known of the account, by name: at most 64 KiB as JSON, and 1,000 items a list. */
  facts?: {
    [k: string]: unknown
  }
  /** Answer, and keep nothing. */
  dryRun?: boolean
}

/** One agent's statement about the account of the request. */
export interface AccountSignal {
  /** The agent's own id of the signal: the same (account, agent, id) is taken in once. */
  id: string
  /** Who says so. */
  agent: string
  /** What it says, in the agent's vocabulary. */
  claim: string
  /** Version of the agent. */
  agentVersion?: string
  /** How sure the agent is of its claim. Send this, or `score`, or neither. */
  confidence?: number
  /** A score that the agent's scale turns into a confidence. */
  score?: number
  /** When it was observed, at most 5 minutes ahead; left out: when it arrives. */
  observedAt?: string
  expiresAt?: string | null
  /** The action that the agent recommends. */
  recommends?: string
  /**
   * What the agent goes by: an agent's words, shown apart from what Umpire says.
   *
   * @maxItems 20
   */
  evidence?: {
    /** What the agent saw, in its words. */
    label: string
    /** Where it can be seen. Never fetched. */
    url?: string
  }[]
  /** Whatever else the agent wants kept, at most 8 KiB. */
  attributes?: {
    [k: string]: unknown
  }
}

/** What became of a question that people were asked. */
export interface Resolution {
  /** Id of the adjudication. */
  adjudication: string
  /** Id of the item that the question became, or joined; null: nobody was asked. */
  escalation: string | null
  /** How far the item is. `none`: nobody was asked. `open` or `claimed`: nobody has decided yet, so ask again. */
  status: 'none' | 'open' | 'claimed' | 'resolved' | 'withdrawn' | 'expired'
  resolution: {
    /** How it ended: by a person (`uphold` the recommendation, `override` it, `dismiss` the question), because nobody decided in time (`fallback`), or because no person was needed any more (`withdrawn`). */
    resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
    /** What is to be done; null: nothing was decided. */
    action: string | null
    /** Why, by its code. */
    reason: string
    /** What the reviewer knows of the account; null: nothing was said. */
    state: string | null
    /** Who decided; `umpire` where nobody did. */
    by: string
    /** When it ended. */
    at: string
  } | null
}

/** An agent is about to act. */
export interface CheckRequest {
  /** The account, by its id or an alias. */
  account: string
  /** The decision that the action belongs to. */
  decision: string
  /** What the agent wants to do. */
  action: string
  /** Who wants to do it. */
  agent: string
  /** What the agent is going to send, any JSON up to 64 KiB: the lease is for that alone, and a person who is asked sees it. */
  payload?: unknown
}

/** Whether an agent may act. */
export interface Check {
  /** `allow`, `ask` (a person decides first) or `deny`. */
  verdict: 'allow' | 'ask' | 'deny'
  /** The better action, where it is denied and that is known. */
  doInstead: string | null
  /** Why, in a sentence. */
  because: string
  /** Id of the answer that this rests on. */
  adjudication: string
  escalation: {
    /** Id of the item. */
    id: string
    /** Who decides. */
    queue: string
    /** When a person should have decided. */
    dueAt: string
  } | null
  lease: {
    /** Id of the lease, by which the trail and events name it. */
    id: string
    /** To redeem it with: told once. Keep it like a password. */
    token: string
    /** Until when it may be redeemed. */
    expiresAt: string
    /** SHA-256, in hex, of the canonical JSON (RFC 8785) of the payload; null: none was sent. */
    payloadHash: string | null
  } | null
  /** Whether it is an answer that was given before and still holds. */
  cached: boolean
}

/** The agent acts now. */
export interface RedemptionRequest {
  /** Token of the lease. */
  token: string
  /** Of what is about to be sent, as the check told it; left out or null where none was checked. */
  payloadHash?: string | null
}

/** Leave to act, given. */
export interface Redemption {
  /** Act, now. */
  verdict: 'go'
  /** Id of the lease. */
  lease: string
  /** Id of the account. */
  account: string
  /** The decision that the action belongs to. */
  decision: string
  /** The action. */
  action: string
  /** The agent. */
  agent: string
  /** SHA-256, in hex, of the canonical JSON (RFC 8785) of the payload; null: none was sent. */
  payloadHash: string | null
  /** When it was redeemed. */
  redeemedAt: string
}

/** An agent says what it did. */
export interface ActionReport {
  /** The account, by its id or an alias. */
  account: string
  /** The decision that the action belongs to. */
  decision: string
  /** What the agent wants to do. */
  action: string
  /** Who wants to do it. */
  agent: string
  /** When it was done, at most 5 minutes ahead; left out: now. */
  at?: string
  /** Token of the lease on it, where there was one. */
  lease?: string
}

/** What an agent says it did. */
export interface ReportedAction {
  /** Id of the report. */
  id: string
  /** Id of the account. */
  account: string
  /** The decision that the action belongs to. */
  decision: string
  /** The action. */
  action: string
  /** The agent. */
  agent: string
  /** When it was done. */
  at: string
  /** Id of the lease on it; null: there was none. */
  lease: string | null
  /** Whether that was redeemed by then: false counts as acted without leave, unless it is redeemed yet. */
  followed: boolean
}

/** How far an agent follows what it is told. */
export interface Uptake {
  /** The agent. */
  agent: string
  /** From when on. */
  since: string
  /** By decision. */
  decisions: {
    /** The decision that the action belongs to. */
    decision: string
    /** What became of its leases. */
    leases: {
      /** How many it got. */
      issued: number
      /** Those it redeemed, and so acted on. */
      redeemed: number
      /** Those that no longer held before it did. */
      revoked: number
      /** Those that it never used. */
      expired: number
      /** Those that it may still redeem. */
      open: number
    }
    /** What it says it did. */
    acted: {
      /** Reported, with a lease that it has redeemed. */
      followed: number
      /** Reported, without one. */
      unasked: number
    }
    /** Of all that it did the share with leave, `redeemed / (redeemed + unasked)`; null: it did nothing. */
    uptake: number | null
  }[]
}

/** An item in a human queue, with what it is about. */
export interface EscalationDetail {
  /** Id. */
  id: string
  /** Id of the newest adjudication of the question. */
  adjudication: string
  /** Id of the account. */
  account: string
  /** The decision. */
  decision: string
  /** What could not be evaluated, of an item that is about that: decision and rule; null: it is about the account. */
  rule: string | null
  /** Whose it is. */
  queue: string
  /** A decision waits for a person; a sample blocks nothing. */
  kind: 'decision' | 'sample'
  /** How far it is. A claim that has lapsed leaves it `open`. */
  status: 'open' | 'claimed' | 'resolved' | 'withdrawn' | 'expired'
  /** Higher comes first. */
  priority: number
  regret: number | null
  /** When a person should have decided. */
  dueAt: string
  overdueAt: string | null
  /** What is recommended; null: nothing, or its queue is blind. */
  recommended: string | null
  /** Why a person is asked, and what else holds; null: its queue is blind. */
  reasons:
    | (
        | 'decided_by_person'
        | 'no_permitted_action'
        | 'rule_error'
        | 'rule'
        | 'people_only'
        | 'uncertain'
        | 'copilot'
        | 'sampled'
        | 'supervised'
        | 'autonomous'
      )[]
    | null
  proposal: {
    /** Who wants to act. */
    agent: string
    /** What it wants to do. */
    action: string
  } | null
  /** Who should take it; null: anybody of the queue. */
  assignee: string | null
  /** Who works on it; null: nobody. */
  claimedBy: string | null
  claimedUntil: string | null
  probability: number | null
  /** How often newer answers have changed what is asked. */
  changes: number
  resolution: {
    /** A person upheld the recommendation, overrode it or dismissed the item; nobody decided in time (`fallback`); or no person was needed any more (`withdrawn`). */
    resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
    /** What is to be done; null: nothing was decided. */
    action: string | null
    /** What was recommended then. */
    recommended: string | null
    /** What the reviewer knows of the account. */
    state: string | null
    /** Ids of signals that the reviewer calls wrong. */
    wrongSignals: string[]
    /** Why, by its code. */
    reason: string
    /** Why, in their words. */
    comment: string | null
    /** Who decided; `umpire`: no person. */
    by: string
    /** When it ended. */
    at: string
  } | null
  /** Id of the adjudication that opened it. */
  openedBy: string
  /** When it was opened. */
  createdAt: string
  closedAt: string | null
  /** Whether the recommendation is hidden until the reviewer has given theirs. */
  blind: boolean
  /** The newest answer to the question; null where it has been erased. */
  adjudicationDetail: Adjudication | HiddenAdjudication | null
  accountDetail: Account
  /** What there is to decide. */
  decide: {
    /** Actions to choose from. */
    actions: string[]
    /** States that may be the truth. */
    states: string[]
    /** Reasons by code; none: any will do. */
    reasons: {
      [k: string]: string
    }
  }
  untrusted: {
    /** Who is going to send it. */
    agent: string
    /** As the agent wrote it. */
    payload: unknown
    /** SHA-256 of its canonical JSON, in hex. */
    payloadHash: string
  } | null
  /** Why it could not be evaluated, where the item is about that. */
  error: string | null
  /** What was done with it, in order; the newest 500 steps. */
  history: {
    /** When. */
    at: string
    /** `opened`, `changed`, `joined` (its account joined another), `claimed`, `released`, `reassigned`, `commented`, `lapsed`, `reminded`, `overdue`, `raised`, `resolved`, `expired` or `withdrawn`; `erased` where nobody knows. */
    kind: string
    /** Who; `umpire`: no person. Null: erased. */
    by: string | null
    changed: {
      [k: string]: {
        /** As it was. */
        from: unknown
        /** As it is since. */
        to: unknown
      }
    } | null
    /** What they said. */
    comment: string | null
  }[]
}

/** An answer without what tells the recommendation. */
export interface HiddenAdjudication {
  /** Id; null for a dry run. */
  id: string | null
  /** Id of the account. */
  account: string
  /** The decision. */
  decision: string
  /** Hidden until the item is resolved. */
  summary: null
  /** Hidden until the item is resolved. */
  recommendation: null
  proposal: {
    /** Who wants to act. */
    agent: string
    /** What it wants to do. */
    action: string
    /** Hidden until the item is resolved. */
    verdict: null
    /** Hidden until the item is resolved. */
    reasons: null
  } | null
  /** Hidden until the item is resolved. */
  beliefs: null
  /** Hidden until the item is resolved. */
  expectedLoss: null
  /** Hidden until the item is resolved. */
  regret: null
  /** What asking a person costs. */
  reviewCost: number
  /** Hidden until the item is resolved. */
  conflict: null
  /** What agents said. */
  signals: {
    /** The agent's id of it. */
    id: string
    /** Who says so. */
    agent: string
    /** What it says. */
    claim: string
    /** Stated, or by the agent's scale; null: neither. */
    confidence: number | null
    /** Age at the time of the answer, in hours. */
    ageHours: number
  }[]
  /** The rules that held, in file order, and those that failed. */
  rules: {
    /** Id of the rule. */
    id: string
    /** What it did; null: it failed. */
    effect: ('veto' | 'escalate' | 'autonomyCap' | 'weight' | 'addLoss' | 'tag') | null
    /** The operator's reason. */
    because: string
    /** Id of the signal for which it held. */
    signal?: string
    /** Expression and reason, where it failed. */
    error?: string
  }[]
  /** Hidden until the item is resolved. */
  flips: null
  /** Tags that rules gave. */
  tags: string[]
  /** Hidden until the item is resolved. */
  ruling: null
  resolution: {
    /** A person upheld the recommendation, overrode it or dismissed the item; nobody decided in time (`fallback`); or no person was needed any more (`withdrawn`). */
    resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
    /** What is to be done; null: nothing was decided. */
    action: string | null
    /** What was recommended then. */
    recommended: string | null
    /** What the reviewer knows of the account. */
    state: string | null
    /** Ids of signals that the reviewer calls wrong. */
    wrongSignals: string[]
    /** Why, by its code. */
    reason: string
    /** Why, in their words. */
    comment: string | null
    /** Who decided; `umpire`: no person. */
    by: string
    /** When it ended. */
    at: string
  } | null
  escalation: {
    /** Id of the escalation; null for a dry run. */
    id: string | null
    /** A decision waits for a person; a sample blocks nothing. */
    kind: 'decision' | 'sample'
    /** Whose it is. */
    queue: string
    /** Higher comes first. */
    priority: number
    /** When a person should have decided. */
    dueAt: string
    /** Who should take it; null: anybody of the queue. */
    assignee: string | null
  } | null
  /** The rules that answered. */
  ruleset: string
  /** Numbers the arithmetic. */
  engine: number
  /** When it was answered. */
  createdAt: string
  /** Ask again after that. */
  validUntil: string
  audit: {
    /** Audit stream. */
    stream: string
    /** Place in the stream. */
    sequence: number
    /** Hash of the entry, hexadecimal. */
    hash: string
  } | null
}

/** Where each operation is. */
export const ROUTES = {
  sendSignals: { method: 'POST', path: '/v1/signals' },
  putAccount: { method: 'PUT', path: '/v1/accounts/{account}' },
  adjudicate: { method: 'POST', path: '/v1/adjudications' },
  getAdjudication: { method: 'GET', path: '/v1/adjudications/{id}' },
  getResolution: { method: 'GET', path: '/v1/adjudications/{id}/resolution' },
  check: { method: 'POST', path: '/v1/checks' },
  redeemLease: { method: 'POST', path: '/v1/leases/redeem' },
  reportAction: { method: 'POST', path: '/v1/actions' },
  getUptake: { method: 'GET', path: '/v1/agents/{agent}/uptake' },
  listEscalations: { method: 'GET', path: '/v1/escalations' },
  getEscalation: { method: 'GET', path: '/v1/escalations/{id}' },
} as const
