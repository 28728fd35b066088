/** The style sheet of the page: one column for reading, light and dark, phone and paper. */

export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --surface: #ffffff; --ink: #1f2428; --muted: #5a636b; --line: #e3dfd8; --faint: #f3f0ea;
  --tuned: #0b63a5; --base: #b4560b; --control: #80868c; --heat: #f0a500; --good: #0b63a5; --bad: #b4560b;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "DejaVu Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --surface: #1b1f23; --ink: #e4e2dd; --muted: #a0a8af; --line: #31373d; --faint: #22272c;
    --tuned: #6db5ea; --base: #efa05a; --control: #8e969d; --heat: #8a5c00; --good: #6db5ea; --bad: #efa05a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 var(--sans); }
a { color: var(--tuned); }
:focus-visible { outline: 2px solid var(--tuned); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--surface); padding: .4rem .8rem; }

.layout { max-width: 1240px; margin: 0 auto; padding: 0 32px; display: grid; grid-template-columns: 172px minmax(0, 1fr); column-gap: 48px; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 56px 0 24px; font-size: 14px; }
nav p { margin: 0 0 14px; font: 600 15px var(--serif); }
nav ol { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 5px 0 5px 12px; border-left: 2px solid var(--line); color: var(--muted); text-decoration: none; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); border-color: var(--tuned); font-weight: 600; }
main { padding: 48px 0 96px; }

.masthead { border-bottom: 1px solid var(--line); padding-bottom: 28px; }
.kicker { margin: 0 0 8px; font-size: 13px; letter-spacing: .06em; text-transform: uppercase; color: var(--muted); }
h1 { margin: 0; font: 600 38px/1.15 var(--serif); letter-spacing: -.01em; overflow-wrap: anywhere; }
.byline { margin: 12px 0 0; color: var(--muted); }
section { padding-top: 44px; scroll-margin-top: 8px; }
h2 { margin: 0 0 8px; font: 600 27px/1.2 var(--serif); }
h3 { margin: 40px 0 10px; font: 600 19px/1.3 var(--serif); }
.lead { margin: 0 0 24px; max-width: 44rem; font: 18px/1.55 var(--serif); }
.lead b { font-variant-numeric: tabular-nums; }
code { font: .9em var(--mono); overflow-wrap: anywhere; }
.note, figcaption { color: var(--muted); font-size: 13px; line-height: 1.5; margin: 8px 0 0; max-width: 52rem; }

.answer { margin: 0 0 28px; padding-left: 22px; display: grid; gap: 8px; font-size: 17px; line-height: 1.5; max-width: 78ch; }
.findings { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); border: 1px solid var(--line); border-radius: 8px; background: var(--surface); margin-bottom: 28px; overflow: hidden; }
.findings.three { grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }
.finding { padding: 18px 20px 16px; border-left: 1px solid var(--line); margin-left: -1px; border-bottom: 1px solid var(--line); margin-bottom: -1px; display: flex; flex-direction: column; }
.finding h3 { margin: 0 0 8px; font: 15px/1.35 var(--serif); color: var(--muted); min-height: 2.7em; }
.finding .value { margin: 0; font: 600 32px/1.1 var(--serif); font-variant-numeric: tabular-nums lining-nums; color: var(--tuned); }
.finding .range { margin: 4px 0 12px; font-size: 13px; font-variant-numeric: tabular-nums; }
.finding .against { margin: 0; font-size: 13px; font-variant-numeric: tabular-nums; }
.finding .against span { color: var(--muted); }
.finding .verdict { margin: 8px 0 0; font-size: 13px; color: var(--muted); font-variant-numeric: tabular-nums; }

.flow { display: grid; gap: 14px; }
.lane h4 { margin: 0 0 6px; font: 600 13px var(--sans); color: var(--muted); }
.lane ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 8px 26px; }
.lane li { position: relative; flex: 1 1 132px; max-width: 200px; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; }
.lane li + li::before { content: "→"; position: absolute; left: -21px; top: 50%; transform: translateY(-50%); color: var(--muted); }
.lane b { display: block; font: 600 17px/1.3 var(--serif); font-variant-numeric: tabular-nums lining-nums; overflow-wrap: anywhere; }
.lane span { display: block; font-size: 12.5px; line-height: 1.35; color: var(--muted); }

.facts { margin: 0 0 20px; display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 10px 32px; font-size: 14.5px; }
.facts div { border-top: 1px solid var(--line); padding-top: 8px; }
dt { color: var(--muted); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
.bar { display: block; height: 8px; min-width: 1px; background: var(--tuned); border-radius: 2px; opacity: .75; }
td:has(.bar) { width: 40%; min-width: 120px; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 28px 32px; margin: 8px 0 28px; }
figure { margin: 0; max-width: 480px; }
figure h4 { margin: 0 0 6px; font: 600 15px/1.35 var(--sans); }
.plot { display: block; width: 100%; height: auto; overflow: visible; font-family: var(--sans); }
.plot text { white-space: pre; }

.table { margin: 0 0 28px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; padding: 12px 12px 10px; font: 600 15px/1.35 var(--sans); }
caption span { position: sticky; left: 12px; display: inline-block; max-width: min(100%, calc(100vw - 62px)); }
caption small { font-weight: 400; font-size: 12.5px; color: var(--muted); margin-left: 8px; white-space: nowrap; }
th, td { padding: 7px 12px; border-top: 1px solid var(--line); vertical-align: top; text-align: left; font-weight: 400; }
.number { text-align: right; white-space: nowrap; }
thead th { font-size: 12.5px; color: var(--muted); vertical-align: bottom; }
thead .number { white-space: normal; min-width: 72px; }
tbody th { min-width: 150px; }
td.text { min-width: 92px; overflow-wrap: break-word; }
td.wide { min-width: 220px; }
tbody tr { background: var(--surface); }
tbody tr.published { color: var(--muted); background: var(--faint); }
tr.run > th { font-weight: 600; }
.source { font-weight: 400; font-size: 12px; color: var(--muted); white-space: nowrap; margin-left: 4px; }
.meaning { display: block; max-width: 24em; font-weight: 400; font-size: 12px; color: var(--muted); }
td .source, thead .source { display: block; margin: 0; }
.sort { all: unset; cursor: pointer; }
.sort:hover { color: var(--ink); }
.sort:focus-visible { outline: 2px solid var(--tuned); outline-offset: 2px; }
[aria-sort] .sort { color: var(--ink); font-weight: 600; }
[aria-sort="descending"] .sort::after { content: " ↓"; }
[aria-sort="ascending"] .sort::after { content: " ↑"; }
.downloads { margin: 4px 0 0 -8px; display: flex; gap: 4px; }
.downloads button { border-color: transparent; background: none; color: var(--muted); font-size: 12px; padding: 3px 7px; margin: 0; }
.downloads button:hover { color: var(--ink); border-color: var(--line); }
details.folded { margin: 0 0 28px; }
details.folded > .table:last-child { margin-bottom: 0; }
summary { cursor: pointer; font-size: 14px; color: var(--tuned); padding: 4px 0; }
details.folded[open] > summary { margin-bottom: 10px; }
.not-run { border: 1px dashed var(--line); border-radius: 8px; padding: 14px 18px; color: var(--muted); margin: 0 0 28px; font-size: 14.5px; }
.not-run p { margin: 0; font-weight: 600; color: var(--ink); }
.not-run ul { margin: 4px 0 0; padding-left: 18px; }

.quote { font-family: var(--serif); white-space: pre-wrap; overflow-wrap: anywhere; }
td:has(.sample), th:has(.quote) { min-width: 200px; }
th:has(.quote) .source { display: block; margin: 2px 0 0; }
tr > th:has(.quote) { font-weight: 400; }
.sample { font-family: var(--serif); font-size: 15px; white-space: pre-wrap; overflow-wrap: anywhere; }
.sample .reward { font: 600 12.5px var(--sans); font-variant-numeric: tabular-nums; color: var(--muted); margin-right: 4px; }
mark { background: none; color: inherit; text-decoration: underline 2px; text-underline-offset: 3px; }
mark.good { text-decoration-color: var(--good); }
mark.bad { text-decoration-color: var(--bad); text-decoration-style: wavy; text-decoration-thickness: 1.5px; }

.filter { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; padding: 12px 0; font-size: 14px; position: sticky; top: 0; background: var(--page); border-bottom: 1px solid var(--line); z-index: 1; }
.filter label { color: var(--muted); }
.filter .search { flex: 1 1 200px; display: flex; gap: 6px; align-items: center; }
select, input, button { font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 5px 9px; }
.filter input { flex: 1; min-width: 0; }
input.rows { margin: 0 0 6px; font-size: 13px; padding: 3px 8px; width: 15em; max-width: 100%; }
.find { margin: 0 0 4px; font-size: 13px; }
.searched circle { opacity: .15; } .searched circle.hit { opacity: 1; r: 5px; stroke: var(--ink); stroke-width: 1.5; }
.steps { display: flex; gap: 4px; } .steps[hidden] { display: none; }
.steps button { padding: 4px 10px; margin: 0; font-size: 13px; }
.bars { display: inline-block; vertical-align: bottom; fill: var(--control); }
.filter output { color: var(--muted); font-variant-numeric: tabular-nums; }
button { cursor: pointer; padding: 8px 18px; margin-bottom: 28px; }
button:hover { border-color: var(--muted); }
.features { list-style: none; margin: 0; padding: 0; }
.feature { padding: 16px 0 12px; border-bottom: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 190px; }
.feature header { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; font-size: 14px; }
.model, .label { font-size: 12px; border-radius: 10px; padding: 1px 9px; border: 1px solid currentColor; }
.model.tuned { color: var(--tuned); } .model.base { color: var(--base); }
.label { border-color: var(--line); color: var(--muted); }
.label.related { background: var(--ink); color: var(--page); border-color: var(--ink); }
.feature header a { color: inherit; text-decoration: none; }
.feature header a:hover { text-decoration: underline; }
.feature { scroll-margin-top: 112px; }
.feature:target { box-shadow: -14px 0 0 -10px var(--tuned); }
.detection { color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; }
.explanation { margin: 6px 0 8px; font: 16.5px/1.45 var(--serif); max-width: 52rem; overflow-wrap: anywhere; }
.heat { margin: 6px 0; font: 13px/1.75 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; }
.heat i { font-style: normal; border-radius: 2px; padding: 1px 0; }
.heat .peak { font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }
${Array.from({ length: 10 }, (_, i) => `.h${i + 1} { background: color-mix(in srgb, var(--heat) ${8 * (i + 1)}%, transparent); }`).join("\n")}
.numbers { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 8px 0 4px; font-size: 13.5px; }
.limits { padding-left: 20px; max-width: 48rem; } .limits li { margin-bottom: 8px; }
footer { margin-top: 48px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13px; }

@media screen and (max-width: 940px) {
  .layout { display: block; padding: 0 16px; }
  nav { top: 0; z-index: 2; margin: 0 -16px; padding: 0 16px; background: var(--page); border-bottom: 1px solid var(--line); overflow-x: auto; }
  nav p { display: none; }
  nav ol { display: flex; gap: 20px; white-space: nowrap; }
  nav a { padding: 12px 0 10px; border-left: 0; border-bottom: 2px solid transparent; }
  main { padding: 28px 0 64px; }
  h1 { font-size: 29px; }
  h2 { font-size: 24px; }
  section { padding-top: 36px; scroll-margin-top: 46px; }
  .lead { font-size: 17px; }
  .finding h3 { min-height: 0; }
  .lane ol { gap: 8px; }
  .lane li { flex-basis: 140px; max-width: none; }
  .lane li + li::before { content: none; }
  .filter { position: static; }
  th, td { padding: 7px 10px; }
  .table tbody th { min-width: 118px; max-width: 150px; }
  tbody th:not(:has(.quote)) { position: sticky; left: 0; background: inherit; }
  .table tbody th:has(.quote) { min-width: 150px; max-width: 220px; }
  .source { display: block; margin: 0; }
}
@media print {
  :root { --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --faint: #f4f4f4; --tuned: #0b63a5; --base: #b4560b; --control: #777; --good: #0b63a5; --bad: #b4560b; color-scheme: light; }
  nav, .filter, .more, .skip, .downloads, .find, input.rows { display: none; }
  .layout { display: block; max-width: none; padding: 0; }
  body { font-size: 10.5pt; }
  .scroll { overflow: visible; }
  .findings { grid-template-columns: repeat(4, 1fr); }
  .finding { padding: 12px; }
  .figures { grid-template-columns: 1fr 1fr; gap: 16px 24px; }
  table, thead th, .source { font-size: 7.5pt; }
  table th, table td { padding: 3px 5px; min-width: 0; }
  .number { white-space: normal; }
  figure, tr, .finding, .feature, .lane { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; height: auto; }
  .feature details { display: none; }
  a { color: inherit; text-decoration: none; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
