/** What all figures share: drawing on the server, colours, and the frame with title and caption. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { ModelRole } from "../../results/results.js";
import { type Html, html, trusted, visibleText } from "../html.js";

/** A drawn figure with the words around it. */
export interface Figure {
  title: string;
  /** What is shown, how, and over what. */
  caption: string;
  /** A whole SVG document: inline in the report, or a file of its own. */
  svg: string;
}

/**
 * Colours that stay apart for colour-blind readers (blue against orange, grey for controls). The report's style sheet
 * sets the variables for light and dark; a figure alone shows the values given here.
 */
export const colours = {
  tuned: "var(--tuned, #0b63a5)",
  base: "var(--base, #b4560b)",
  control: "var(--control, #80868c)",
  surface: "var(--surface, #ffffff)",
} as const;

/** Base and tuned model never differ by colour alone: lines are dashed, marks hollow for the base model. */
export const roleNames: Readonly<Record<ModelRole, string>> = { tuned: "tuned model", base: "base model" };

/** Two figures fit beside each other on a desk, one on a phone. */
export const WIDTH = 460;

/**
 * Draws one plot, without a browser.
 * @param alt what a reader who does not see the figure should know
 */
export function draw(alt: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const svg = Plot.plot({
    document,
    width: WIDTH,
    className: "plot",
    style: { fontSize: "12px" },
    ...options,
  } as Plot.PlotOptions);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", visibleText(alt));
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  // Plot's own style would be repeated with every figure; the report's sheet and the attributes carry the same.
  svg.querySelector("style")?.remove();
  // The picture has one description; those that Plot gives to groups of marks are not allowed on a plain group.
  for (const group of svg.querySelectorAll("g[aria-label]")) {
    group.setAttribute("data-mark", group.getAttribute("aria-label")!);
    group.removeAttribute("aria-label");
  }
  return svg.outerHTML;
}

/** The figure in the page. */
export function showFigure({ title, caption, svg }: Figure): Html {
  return html`<figure><h4>${title}</h4>${trusted(svg)}<figcaption>${caption}</figcaption></figure>`;
}
