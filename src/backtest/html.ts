import { decisionSection } from './html/decision.ts'
import { type Column, html, Markup, type Piece, prose, table } from './html/markup.ts'
import { STYLE } from './html/style.ts'
import { historyNote, notesOf } from './notes.ts'
import type { BacktestReport, RulesetName } from './report.ts'
import { number, percent, signed, signedInterval } from './words.ts'

/**
 * A report as one page that needs nothing else: no script, no font, no picture from elsewhere, and a policy that forbids
 * them. The same report gives the same bytes.
 *
 * @param service where adjudications are found, `https://umpire.example`; null: they are named, not linked
 */
export function renderReport(report: BacktestReport, service: string | null = null): string {
  const { baseline, candidate, decisions } = report
  const title = `Back-test of ${candidate.name} against ${baseline.name}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE_SHEET}</style>
</head>
<body>
<header>
<h1>Back-test of ${named(candidate)} against ${named(baseline)}</h1>
<p>${historyNote(report)}</p>
</header>
<main>
${decisions.length > 1 ? overview(report) : null}${decisions.length === 0 ? html`<p class="headline">No question could be asked of both sets, so there is nothing to compare.</p>\n` : null}${decisions.map((decision, d) => decisionSection(decision, report, anchor(d), service))}${doubts(report)}</main>
${reading(report)}</body>
</html>
`
  return page.text
}

const STYLE_SHEET = new Markup(STYLE)

const anchor = (d: number) => `decision-${d + 1}`

/** What a set was called, and enough of its hash to tell it from others. */
function named({ name, hash }: RulesetName): Markup {
  return hash.startsWith(name)
    ? html`<code>${hash.slice(0, 15)}</code>`
    : html`<code>${name}</code> (${hash.slice(0, 15)})`
}

function overview({ decisions, settings }: BacktestReport): Markup {
  const columns: readonly Column[] = [
    { head: 'decision' },
    ...['questions', 'flips', 'difference in mean cost', 'people decide, baseline', 'candidate'].map((head) => ({
      head,
      kind: 'number' as const,
    })),
  ]
  const rows = decisions.map(({ decision, questions, flips, costs, people }, d): readonly Piece[] => {
    const difference = costs[0]?.difference
    return [
      html`<a href="#${anchor(d)}"><code>${decision}</code></a>`,
      number(questions),
      `${number(flips.count)} (${percent(flips.share)})`,
      difference === undefined
        ? 'unknown'
        : html`${signed(difference.mean)} <small>${signedInterval(difference)}</small>`,
      percent(people.baseline.askedShare),
      percent(people.candidate.askedShare),
    ]
  })
  return table(`Decisions, with ${Math.round(settings.level * 100)} % intervals`, columns, rows)
}

function doubts(report: BacktestReport): Markup | null {
  const notes = notesOf(report)
  if (notes.length === 0) return null
  return html`<section>
<h2>What could not be compared, and what to keep in mind</h2>
<ul>${notes.map((note) => html`<li>${prose(note)}</li>\n`)}</ul>
</section>\n`
}

function reading({ baseline, candidate, engine, settings }: BacktestReport): Markup {
  return html`<footer>
<p>Costs are in the currency of the rule files' losses. Realised cost is the loss in the state that turned out to be true, or <code>review.cost</code> where a person is asked. It takes it that an account would have fared the same whatever was done, and that people who are asked are right. Intervals hold ${Math.round(settings.level * 100)} % (bootstrap over accounts, ${number(settings.replicates)} replicates).</p>
<p>Baseline ${baseline.hash}<br>Candidate ${candidate.hash}<br>Engine ${engine}</p>
</footer>\n`
}
