import { about, money, percent } from '../../core/phrases.ts'
import type { NoticeEvent } from '../../core/queues.ts'
import type { AdjudicationView } from '../view.ts'
import type { Notice } from './notice.ts'

/** What a message says of itself first. */
const TITLES: Readonly<Record<NoticeEvent, string>> = {
  'escalation.opened': 'A person decides',
  'escalation.changed': 'What is asked has changed',
  'escalation.reminder': 'Still waits for a person',
  'escalation.overdue': 'Overdue',
  'escalation.resolved': 'Decided',
  'escalation.withdrawn': 'Needs nobody any more',
  'adjudication.resolved': 'Decided',
}

/** Reasons of either sort that are shown, the weightiest. */
const REASONS_AT_MOST = 3

/** Characters that are left of a name and of a sentence: a block holds 3,000, and an escaped one takes up to five. */
const NAME_AT_MOST = 80
const SENTENCE_AT_MOST = 150

/**
 * The body of an incoming webhook as Slack takes it, and what speaks like it: text for those that know no blocks.
 *
 * Of what agents sent it has only names and numbers. Names are set as code, where neither addresses nor mentions mean
 * anything, and all else is escaped.
 */
export function slackBody(notice: Notice): string {
  const { answer, item, url } = notice
  const shown = item.blind ? null : answer
  const sections = [heading(notice), advice(notice), statements(shown), becauses(shown), [`<${escaped(url)}|Open it>`]]
    .map((lines) => lines.join('\n'))
    .filter((text) => text !== '')
  return JSON.stringify({
    text: sections.join('\n'),
    blocks: sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } })),
  })
}

function heading({ event, item, question }: Notice): readonly string[] {
  const title = item.kind === 'sample' && event === 'escalation.opened' ? 'A sample to look at' : TITLES[event]
  const of = item.rule === null ? name(item.account) : `${name(item.rule)}, which can't be evaluated`
  return [`*${title}*: ${of}`, item.rule === null ? sentence(question) : ''].filter((line) => line !== '')
}

function advice({ item, answer }: Notice): readonly string[] {
  const { resolution } = item
  const lines: string[] = []
  if (resolution !== null) {
    const action = resolution.action === null ? '' : ` ${name(resolution.action)}`
    lines.push(`Answer: ${resolution.resolution}${action}, by ${name(resolution.by)} (${name(resolution.reason)})`)
  }
  if (item.blind) return lines
  // Once somebody has decided, the recommendation of record is theirs.
  const sure = answer === null || resolution !== null ? '' : ` (${percent(answer.recommendation.confidence)} sure)`
  lines.push(`Recommended: ${item.recommended === null ? 'nothing is permitted' : name(item.recommended)}${sure}`)
  const look = answer === null ? '' : `, a look ${money(answer.reviewCost)}`
  if (item.regret !== null) lines.push(`The risk of a mistake costs ${about(item.regret)}${look}`)
  return lines
}

/** What the agents say that counts most, `• pulse: healthy 90 %`. */
function statements(answer: AdjudicationView | null): readonly string[] {
  return (answer?.signals ?? [])
    .filter(({ used, contribution }) => used && contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, REASONS_AT_MOST)
    .map(({ agent, claim, confidence }) => {
      const sure = confidence === null ? '' : ` ${percent(confidence)}`
      return `• ${name(agent)}: ${name(claim)}${sure}`
    })
}

/** What the rules that held say, in the operator's words. */
function becauses(answer: AdjudicationView | null): readonly string[] {
  const said = (answer?.rules ?? []).map(({ because }) => sentence(because)).filter((text) => text !== '')
  return [...new Set(said)].slice(0, REASONS_AT_MOST).map((text) => `• ${text}`)
}

/** Somebody's name as code: whatever it is, it links to nothing and calls nobody. */
function name(text: string): string {
  return `\`${escaped(cut(onOneLine(text).replaceAll('`', "'"), NAME_AT_MOST))}\``
}

/** An operator's words. */
function sentence(text: string): string {
  return escaped(cut(onOneLine(text), SENTENCE_AT_MOST))
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** The three characters that mean something to Slack. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function cut(text: string, most: number): string {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
