/**
 * Blue and vermilion, which people with any colour vision tell apart (Okabe & Ito 2008), darkened on white and lightened
 * on black to a contrast of at least 4.5. Paper is always light.
 */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --line: #d0d7de; --panel: #f6f8fa;
  --baseline: #0067a3; --candidate: #b84300; --heat: #f0b48c }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --paper: #0f1318; --line: #30363d;
  --panel: #171c23; --baseline: #62bdf5; --candidate: #ff9a4d; --heat: #8a4518 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid var(--ink) }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .5rem }
h4 { font-size: 1rem; margin: 0 0 .25rem }
p { margin: .5rem 0; max-width: 46rem }
a { color: var(--baseline) }
.answer { overflow-wrap: break-word }
.place { overflow-wrap: anywhere }
time { white-space: nowrap }
.headline strong { display: block; font-size: 1.15rem; font-weight: 600; margin-bottom: .25rem }
figcaption p:first-child { color: var(--ink); font-size: 1rem }
code { font-family: ui-monospace, monospace; font-size: .92em; unicode-bidi: isolate }
small, .note, footer, caption, figcaption, summary, .matrix th span { color: var(--soft); font-size: .875rem }
td small, th small { display: block; font-weight: normal; white-space: nowrap }
td small, th small, .matrix th span { font-size: .875em }
.headline { padding: .75rem 1rem; background: var(--panel); border-left: 4px solid var(--candidate);
  max-width: none }
.scroll { overflow-x: auto; margin: .75rem 0 }
:focus-visible { outline: 2px solid var(--baseline); outline-offset: 2px }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal }
caption { text-align: left; padding-bottom: .25rem }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(46rem, 100vw - 2rem) }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem; border-bottom: 1px solid var(--line) }
th { font-weight: 600 }
tbody th { font-weight: normal; overflow-wrap: anywhere; min-width: 7rem }
:is(td, tbody th):has(.answer) { min-width: 12rem }
td:has(.place) { min-width: 10rem }
th:first-child, td:first-child { padding-left: 0; position: sticky; left: 0; background: var(--paper) }
.number, .matrix td, .matrix thead th { text-align: right }
td.number { white-space: nowrap }
.matrix td, .matrix th { border: 1px solid var(--line); padding: .35rem .6rem }
.matrix th span { font-weight: normal; display: block }
.matrix thead td { border: 0 }
.matrix .same { color: var(--soft); background: var(--panel) }
.matrix .none { color: var(--soft) }
${[1, 2, 3, 4, 5].map((heat) => `.heat-${heat} { background: color-mix(in srgb, var(--heat) ${heat * 20}%, var(--paper)); font-weight: 600 }`).join('\n')}
.matrix td { print-color-adjust: exact }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 2rem }
figure { margin: 0; min-width: 0 }
svg { width: 100%; height: auto; max-width: 34rem; display: block; fill: var(--ink); font: 13px system-ui, sans-serif }
svg path { fill: none; stroke: var(--line) }
svg .reference { stroke: var(--soft); stroke-dasharray: 2 4 }
.baseline { --side: var(--baseline) }
.candidate { --side: var(--candidate) }
svg .line { stroke: var(--side); stroke-width: 2 }
svg .baseline .line { stroke-dasharray: 7 4 }
svg .mark { stroke: var(--side); stroke-width: 2; fill: var(--side); fill-opacity: .4 }
svg .baseline .mark { fill: none }
details { margin-top: .5rem }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .75rem }
@media (max-width: 40rem) { body { padding: 1rem .9rem 2rem } h1 { font-size: 1.35rem }
  table { font-size: .85rem } th, td { padding: .3rem } td small, th small { white-space: normal }
  .matrix td, .matrix th { padding: .3rem } :is(td, tbody th):has(.answer), tbody th { min-width: 6.2rem } }
@media print { :root { font-size: 10pt } body { max-width: none; padding: 0 } .scroll { overflow: visible }
  tr, figure, .headline { break-inside: avoid } h2, h3, caption { break-after: avoid } details { display: none }
  table { font-size: .8rem } th, td { padding: .2rem .35rem } tbody th, :is(td, tbody th):has(.answer) { min-width: 0 }
  th:first-child, td:first-child { position: static } .figures { grid-template-columns: 1fr 1fr } }
@page { margin: 16mm }
`
