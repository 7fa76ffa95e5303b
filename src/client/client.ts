import type {
  Account,
  AccountChange,
  ActionReport,
  Adjudication,
  AdjudicationRequest,
  CheckRequest,
  EscalationDetail,
  Operations,
  Redemption,
  RedemptionRequest,
  ReportedAction,
  Resolution,
  Signal,
  Uptake,
} from './api.ts'
import { type CheckAnswer, check, redeem } from './check.ts'
import { type Answer, type CallOptions, createSend } from './send.ts'
import { type ClientOptions, type OnUnavailable, readSettings } from './settings.ts'

export type SignalResult = Answer<'sendSignals'>['results'][number]
export type EscalationList = Answer<'listEscalations'>
export type EscalationFilter = Operations['listEscalations']['query']
export type UptakeFilter = Operations['getUptake']['query']

export interface WaitOptions extends CallOptions {
  /** How long to wait for a person, at most: milliseconds up to 60,000. Not at all where it is left out. */
  readonly waitMs?: number
}

/** Umpire, for the author of an agent. What the service refuses, and what can't be asked of it, throws an `UmpireError`. */
export interface Client {
  /** What `check` answers when Umpire can't be asked. */
  readonly onUnavailable: OnUnavailable
  /** Sends up to 1,000 signals. @returns what became of each, in their order: one that is rejected stops no other */
  sendSignals(signals: readonly Signal[], options?: CallOptions): Promise<readonly SignalResult[]>
  /** Sets facts and aliases of an account: for services, not for agents. */
  putAccount(account: string, change: AccountChange, options?: CallOptions): Promise<Account>
  /** Asks what to do. */
  adjudicate(question: AdjudicationRequest, options?: CallOptions): Promise<Adjudication>
  getAdjudication(id: string, options?: CallOptions): Promise<Adjudication>
  /** What people have decided, as soon as they have. The wait comes on top of the time that a request may take. */
  getResolution(adjudication: string, options?: WaitOptions): Promise<Resolution>
  /** Asks whether an agent may act. Throws only what is wrong with the request: see `onUnavailable`. */
  check(request: CheckRequest, options?: CallOptions): Promise<CheckAnswer>
  /** Redeems a lease as the agent acts, once. Acting without this answer is acting without leave. */
  redeem(redemption: RedemptionRequest, options?: CallOptions): Promise<Redemption>
  /** Says what an agent did, with a lease or without. */
  reportAction(report: ActionReport, options?: CallOptions): Promise<ReportedAction>
  /** How far an agent follows what it is told. */
  getUptake(agent: string, filter?: UptakeFilter, options?: CallOptions): Promise<Uptake>
  /** A page of what waits for people; `next` is the `cursor` of the page after it. */
  listEscalations(filter?: EscalationFilter, options?: CallOptions): Promise<EscalationList>
  getEscalation(id: string, options?: CallOptions): Promise<EscalationDetail>
}

/** @throws TypeError for an option that can't be meant */
export function createClient(options: ClientOptions): Client {
  const settings = readSettings(options)
  const { onUnavailable, timeoutMs } = settings
  const send = createSend(settings, Math.random)
  return Object.freeze<Client>({
    onUnavailable,
    sendSignals: async (signals, options) => {
      const { results } = await send('sendSignals', { body: { signals: [...signals] } }, options)
      return results
    },
    putAccount: (account, body, options) => send('putAccount', { path: { account }, body }, options),
    adjudicate: (body, options) => send('adjudicate', { body }, options),
    getAdjudication: (id, options) => send('getAdjudication', { path: { id } }, options),
    getResolution: (id, { waitMs = 0, ...options } = {}) => {
      const query = { wait: `PT${waitMs / 1000}S` }
      const longer = { ...options, timeoutMs: waitMs + (options.timeoutMs ?? timeoutMs) }
      return send('getResolution', { path: { id }, query }, longer)
    },
    check: (request, options) => check(send, onUnavailable, request, options),
    redeem: (redemption, options) => redeem(send, redemption, options),
    reportAction: (body, options) => send('reportAction', { body }, options),
    getUptake: (agent, query = {}, options) => send('getUptake', { path: { agent }, query }, options),
    listEscalations: (query = {}, options) => send('listEscalations', { query }, options),
    getEscalation: (id, options) => send('getEscalation', { path: { id } }, options),
  })
}
