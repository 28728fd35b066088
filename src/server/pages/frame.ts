/** The frame of the server's pages, in the style of the report. */
import { type Content, html, trusted } from "../../report/html.js";
import { style } from "../../report/style.js";

/** Address of a run's page, or of a part of it. */
export function runPath(id: string, part = ""): string {
  return `/runs/${encodeURIComponent(id)}${part && `/${part}`}`;
}

export interface Frame {
  /** The title of the window. */
  title: string;
  heading: string;
  kicker: string;
  byline?: string;
  /** Links above the heading. */
  tabs: readonly { readonly name: string; readonly path: string }[];
  /** The path of this page among the tabs. */
  here: string;
  /** The page's script, a module of src/web. */
  module?: string;
  body: Content;
}

/** A page with its style sheet, so that the browser paints it without another request. */
export function renderFrame({ title, heading, kicker, byline, tabs, here, module, body }: Frame): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title} - rewardscope</title>
<style>${trusted(viewStyle)}</style>
${module && html`<script type="module" src="/web/${module}.js"></script>`}
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="view">
<nav class="tabs" aria-label="Pages"><b>rewardscope</b>${tabs.map(
    ({ name, path }) => html`<a href="${path}"${path === here && html` aria-current="page"`}>${name}</a>`,
  )}</nav>
<main id="content">
<header class="masthead"><p class="kicker">${kicker}</p><h1>${heading}</h1>${byline && html`<p class="byline">${byline}</p>`}</header>
${body}
</main>
</div>
</body>
</html>
`.toString();
}

/** The tabs of a run's pages. */
export function runTabs(id: string, hasReport: boolean): Frame["tabs"] {
  return [
    { name: "Runs", path: "/" },
    { name: "Progress", path: runPath(id) },
    ...(hasReport ? [{ name: "Report", path: runPath(id, "report") }] : []),
    { name: "Playground", path: runPath(id, "playground") },
  ];
}

/** The report's style sheet with additions for these pages. */
export const viewStyle = `${style}
.view { max-width: 1240px; margin: 0 auto; padding: 0 32px; }
.view main { padding: 32px 0 96px; }
nav.tabs { position: static; display: flex; flex-wrap: wrap; gap: 4px 22px; align-items: baseline; padding: 20px 0 0; max-height: none; }
nav.tabs b { font: 600 15px var(--serif); margin-right: 8px; }
nav.tabs a { border-left: 0; border-bottom: 2px solid transparent; padding: 4px 0; }
.view h2 { margin: 36px 0 12px; font-size: 22px; }
.status { white-space: nowrap; font-weight: 600; }
.status::before { content: "● "; color: var(--control); }
.status.done::before { color: var(--tuned); content: "✓ "; }
.status.running::before { color: var(--base); content: "▶ "; }
.status.failed::before { color: var(--base); content: "✗ "; }
.playground { display: grid; gap: 12px; margin-top: 24px; }
.playground textarea { font: 16px/1.5 var(--serif); width: 100%; color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; resize: vertical; }
.playground label { color: var(--muted); font-size: 14px; }
.settings { display: flex; flex-wrap: wrap; gap: 12px 18px; align-items: end; }
.settings label, .fields label { display: grid; gap: 6px; }
.settings input { width: 7em; }
.settings .slider { display: flex; gap: 8px; align-items: center; }
.settings input[type=range] { width: 160px; padding: 0; }
.settings output { min-width: 3em; color: var(--ink); font-variant-numeric: tabular-nums; }
.settings [hidden], .playground fieldset[hidden] { display: none; }
.playground fieldset { border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px; display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 4px 14px; margin: 0; min-width: 0; }
.playground legend { color: var(--muted); font-size: 14px; padding: 0 6px; }
.playground fieldset label { display: flex; gap: 8px; align-items: center; color: var(--ink); }
.playground fieldset small { display: block; color: var(--muted); font-variant-numeric: tabular-nums; }
.settings button, .chosen button, .found button { margin: 0; }
button.primary { background: var(--tuned); border-color: var(--tuned); color: var(--page); font-weight: 600; }
button:disabled { opacity: .5; cursor: default; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr)); gap: 18px; margin: 18px 0; }
.column { border: 1px solid var(--line); border-top: 3px solid var(--control); border-radius: 8px; background: var(--surface); padding: 12px 16px; }
.column.base { border-top-color: var(--base); } .column.tuned { border-top-color: var(--tuned); } .column.edited { border-top-color: var(--ink); }
.column h3 { margin: 0 0 6px; font: 600 14px var(--sans); }
.column p { margin: 0; font: 16px/1.55 var(--serif); white-space: pre-wrap; overflow-wrap: anywhere; min-height: 4.6em; }
.column .given { color: var(--muted); }
.column output { display: block; margin-top: 8px; font-size: 13.5px; font-variant-numeric: tabular-nums; }
.note + .chosen { margin-top: 10px; }
.chosen, .found { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.chosen li, .found li { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); padding: 8px 12px; font-size: 14px; }
.chosen .what, .found .what { flex: 1 1 200px; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.found { max-height: 440px; overflow-y: auto; }
.found .peak { color: var(--muted); font-variant-numeric: tabular-nums; }
.chosen input[type=range] { width: 160px; padding: 0; }
.found button, .chosen button { padding: 4px 12px; }
.message { color: var(--base); white-space: pre-wrap; margin: 0; }
.message:empty { display: none; }
.new-run { display: grid; grid-template-columns: minmax(0, 1fr) 300px; gap: 24px 36px; margin-top: 28px; }
.new-run label { font-size: 14px; font-weight: 600; }
.new-run .fields { grid-column: 1 / -1; display: grid; grid-template-columns: repeat(2, minmax(0, 20em)); gap: 12px 24px; }
.new-run .fields select, .new-run .fields input { height: 40px; font-weight: 400; }
.new-run .fields .note { grid-column: 1 / -1; margin: 0; font-size: 14px; }
.new-run .editor { display: grid; gap: 6px; align-content: start; }
.new-run .editor .note { margin: 0; }
.code { font: 13.5px/1.5 var(--mono); white-space: pre; overflow-x: auto; width: 100%; height: max(420px, 62vh); color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; resize: vertical; }
.code[aria-invalid=true] { border-color: var(--base); }
.panel { align-self: start; display: grid; gap: 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); padding: 18px 20px; position: sticky; top: 16px; max-height: calc(100vh - 32px); overflow: auto; }
.panel p { margin: 0; }
.panel .note { margin-top: 4px; }
.panel button { width: 100%; margin: 0; }
.panel [hidden] { display: none; }
#state { font-weight: 600; } #state:empty { display: none; }
#state.good { color: var(--tuned); } #state.bad { color: var(--base); }
.problems { margin: 0; padding-left: 20px; color: var(--base); font-size: 14px; overflow-wrap: anywhere; }
.problems:empty { display: none; }
.controls button { margin: 0; padding: 4px 12px; }
p.controls { margin: 12px 0; }
.controls button[hidden] { display: none; }
.under-way progress { width: min(100%, 320px); accent-color: var(--tuned); vertical-align: middle; margin-right: 10px; }
.log { font: 12.5px/1.5 var(--mono); border: 1px solid var(--line); border-radius: 8px; background: var(--surface); padding: 8px 14px; margin: 8px 0; max-height: 300px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.tokens { font: 15px/2 var(--mono); border: 1px solid var(--line); border-radius: 8px; background: var(--surface); padding: 8px 14px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0; min-height: 2.6em; }
.tokens span { border-radius: 2px; }
@media screen and (max-width: 940px) { .view { padding: 0 16px; } nav.tabs { margin: 0; border: 0; padding-top: 12px; } .found .what, .chosen .what { flex-basis: 100%; } .new-run { grid-template-columns: minmax(0, 1fr); } .new-run .code { height: 46vh; min-height: 260px; } .panel { position: static; max-height: none; } }
@media screen and (max-width: 560px) { .new-run .fields { grid-template-columns: minmax(0, 1fr); } }
`;
