import { recommendationNote } from '../notes.ts'
import type { CostlyFlip, DecisionReport, FlipEvidence, Flips } from '../report.ts'
import { amount, counted, number, percent, signed } from '../words.ts'
import { type Column, html, type Markup, type Piece, scrolling, table } from './markup.ts'

/** Pairs of answers that a page lists; the matrix holds them all. */
const MOST_PAIRS = 40

/** Answers that flip: from which to which, whether what became known speaks for it, and the costliest of them. */
export function flipsSection({ flips, questions }: DecisionReport, service: string | null): Markup {
  const { count, share, costliest, answers } = flips
  const all = counted(questions, 'question')
  return html`<section>
<h3>Answers that flip</h3>
<p>${number(count)} of ${all} (${percent(share)}). ${recommendationNote(flips)}</p>
${answers.length > 0 ? matrix(flips) : null}${count > 0 ? evidence(flips) : null}${costliest.length > 0 ? costly(costliest, service) : null}</section>\n`
}

/** Darker the more there are; the diagonal, which did not flip, is plain. */
function matrix({ answers, matrix }: Flips): Markup {
  const most = Math.max(...matrix.flatMap((row, from) => row.filter((_, to) => to !== from)), 1)
  const heat = (count: number) => (count === 0 ? 'none' : `heat-${Math.ceil((5 * count) / most)}`)
  const cell = (count: number, from: number, to: number) =>
    from === to ? html`<td class="same">${number(count)}</td>` : html`<td class="${heat(count)}">${number(count)}</td>`
  const caption = "Questions by answer, from the baseline's (rows) to the candidate's (columns)"
  return scrolling(
    caption,
    html`<table class="matrix">
<caption><span>${caption}</span></caption>
<thead><tr><td></td>${answers.map((answer) => html`<th scope="col"><span>to</span> ${answerName(answer)}</th>`)}<th scope="col">all</th></tr></thead>
<tbody>
${answers.map((answer, from) => {
  const row = matrix[from] ?? []
  return html`<tr><th scope="row"><span>from</span> ${answerName(answer)}</th>${row.map((count, to) => cell(count, from, to))}<td>${number(sum(row))}</td></tr>\n`
})}<tr><th scope="row">all</th>${answers.map((_, to) => html`<td>${number(sum(matrix.map((row) => row[to] ?? 0)))}</td>`)}<td>${number(sum(matrix.flat()))}</td></tr>
</tbody>
</table>`,
  )
}

/** What outcomes and people say for and against the candidate's answers; people only where they say something. */
function evidence({ pairs, evidence }: Flips): Markup {
  const withPeople = sum(Object.values(evidence.people)) > 0
  const columns = [
    { head: 'flip' },
    ...['questions', 'outcomes agree', 'contradict'].map(numeric),
    ...(withPeople ? ['people agree', 'contradict'].map(numeric) : []),
    ...['neither', 'unknown', 'extra cost, mean'].map(numeric),
  ]
  const counts = ({ outcomes, people, unknown }: FlipEvidence) => [
    ...[outcomes.agree, outcomes.contradict].map(number),
    ...(withPeople ? [people.agree, people.contradict].map(number) : []),
    ...[outcomes.neither + people.neither, unknown].map(number),
  ]
  const shown = pairs.slice(0, MOST_PAIRS)
  const rows: Piece[][] = shown.map((pair) => [
    flip(pair),
    number(pair.count),
    ...counts(pair),
    pair.meanExtra === null ? 'unknown' : signed(pair.meanExtra),
  ])
  if (pairs.length > 1) rows.push(['all', number(sum(pairs.map(({ count }) => count))), ...counts(evidence), ''])
  const left = pairs.length - shown.length
  return html`<p>${verdict(evidence)}</p>
${table("What speaks for the candidate's answers, and against them", columns, rows)}${left === 0 ? null : html`<p>${counted(left, 'rarer flip')} left out; the matrix holds them.</p>\n`}`
}

function verdict({ outcomes, people, unknown }: FlipEvidence): string {
  const [agree, contradict] = [outcomes.agree + people.agree, outcomes.contradict + people.contradict]
  if (agree + contradict === 0) return 'Neither outcomes nor people speak for or against any of the flips.'
  const rest = unknown === 0 ? '' : ` Of ${number(unknown)} nothing became known.`
  return `What became known, outcomes or else what people decided, agrees with ${counted(agree, 'flip')} and contradicts ${number(contradict)}.${rest}`
}

function costly(costliest: readonly CostlyFlip[], service: string | null): Markup {
  const isDated = costliest.some(({ at }) => at !== null)
  const columns = [
    ...['account', 'flip', 'was'].map((head) => ({ head })),
    ...['extra cost', 'regret, baseline', 'candidate'].map(numeric),
    ...(isDated ? [{ head: 'as of' }] : []),
    { head: 'see' },
  ]
  const rows = costliest.map(({ account, at, from, to, link, extra, regret, ...known }) => [
    html`<code>${account}</code>`,
    flip({ from, to }),
    truth(known),
    extra === null ? 'unknown' : signed(extra),
    amount(regret.baseline),
    amount(regret.candidate),
    ...(isDated ? [at === null ? 'no time' : html`<time datetime="${at}">${at.slice(0, 10)}</time>`] : []),
    place(link, service),
  ])
  return table('The costliest flips', columns, rows)
}

function truth({ state, resolved }: Pick<CostlyFlip, 'state' | 'resolved'>): Piece {
  if (state !== null) return html`<code>${breakable(state)}</code>`
  return resolved === null ? 'unknown' : html`a person: <code>${breakable(resolved)}</code>`
}

/** Nothing but a path of the service becomes a link. */
function place(link: string, service: string | null): Markup {
  const name = html`<code class="place">${link}</code>`
  return service === null || !link.startsWith('/v1/')
    ? name
    : html`<a href="${service.replace(/\/+$/, '')}${link}">${name}</a>`
}

const answerName = (answer: string) => html`<code class="answer">${breakable(answer)}</code>`

/** Names of actions and states may be broken between their words. */
function breakable(name: string): Piece {
  return name.split('_').map((part, i) => (i === 0 ? part : html`_<wbr>${part}`))
}

const flip = ({ from, to }: { readonly from: string; readonly to: string }) =>
  html`${answerName(from)} → ${answerName(to)}`
const numeric = (head: string): Column => ({ head, kind: 'number' })
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
