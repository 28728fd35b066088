/**
 * The report in the live view: the same page with links to the other pages, and from features to
 * the playground.
 */
import { html } from "../../report/html.js";
import { runPath } from "./frame.js";

/** @param text the report's index.html */
export function reportInView(text: string, id: string): string {
  const playground = runPath(id, "playground");
  const links = html`<li><a href="/">All runs</a></li><li><a href="${runPath(id)}">Progress</a></li><li><a href="${playground}">Playground</a></li>`;
  return text
    .replace(/(<nav aria-label="Sections">.*?<ol>.*?)(<\/ol>)/s, (_, list, end) => `${list}${links}${end}`)
    .replaceAll(
      /<li class="feature" id="feature-(tuned-\d+-\d+)"[^>]*>\s*<header>/g,
      (card, feature) =>
        `${card}${html`<a class="label" href="${playground}?ablate=${feature}">try in the playground</a> `}`,
    );
}
