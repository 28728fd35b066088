/** The frame of every page. A page is self-contained and makes no request. */
import { createHash } from "node:crypto";
import { html, trusted } from "./html.js";
import { script } from "./script.js";
import type { Section } from "./sections/section.js";
import { style } from "./style.js";

export interface Page {
  /** The title of the window. */
  title: string;
  /** Above the heading: what is compared with what. Default: the learned with the given reward. */
  kicker?: string;
  heading: string;
  /** Facts below the heading. */
  byline: readonly string[];
  /** In the order of the page. */
  sections: readonly Section[];
  footer: string;
}

/**
 * Nothing may be fetched, and only the page's own script may run, regardless of the texts that a
 * run contains.
 */
const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/** The page as one HTML document. */
export function renderPage({
  title,
  kicker = "Learned against given reward",
  heading,
  byline,
  sections,
  footer,
}: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#overview">Skip to the report</a>
<div class="layout">
<nav aria-label="Sections"><p>rewardscope</p><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>
<header class="masthead"><p class="kicker">${kicker}</p>
<h1>${heading}</h1>
<p class="byline">${byline.join(" · ")}</p></header>
${sections.map(
  ({ id, title, lead, body }) =>
    html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${lead && html`<p class="lead">${lead}</p>`}
${body}</section>
`,
)}<footer>${footer}</footer>
</main>
</div>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.toString();
}
