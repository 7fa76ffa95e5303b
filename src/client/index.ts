/** `umpire/client`: what agents are written with. It runs wherever there are `fetch` and WebCrypto. */
export type {
  Account,
  AccountChange,
  AccountSignal,
  ActionReport,
  Adjudication,
  AdjudicationRequest,
  Check,
  CheckRequest,
  Escalation,
  EscalationDetail,
  Problem,
  Redemption,
  RedemptionRequest,
  ReportedAction,
  Resolution,
  Signal,
  StandingSignal,
  Uptake,
} from './api.ts'
export type { CheckAnswer, GivenCheck, UnavailableCheck } from './check.ts'
export {
  type Client,
  createClient,
  type EscalationFilter,
  type EscalationList,
  type SignalResult,
  type UptakeFilter,
  type WaitOptions,
} from './client.ts'
export { UmpireError, type UmpireErrorCode } from './error.ts'
export type { NotDone } from './not-done.ts'
export { hashPayload } from './payload.ts'
export type { CallOptions } from './send.ts'
export type { ClientOptions, OnUnavailable } from './settings.ts'
export { type Done, type GuardOptions, type Outcome, type Tool, withUmpire } from './with-umpire.ts'
