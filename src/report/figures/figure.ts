/** Shared by all figures: drawing on the server, colours, and the frame with title and caption. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { ModelRole } from "../../results/results.js";
import { type Html, html, trusted, visibleText } from "../html.js";

/** A drawn figure with its title and caption. */
export interface Figure {
  title: string;
  /** The caption: quantity, marks, and sample. */
  caption: string;
  /** A complete SVG document, for the report or a separate file. */
  svg: string;
}

/**
 * Colours that colour-blind readers can distinguish (blue and orange; grey for controls). The
 * report's style sheet sets the variables for light and dark mode; a separate figure shows the
 * values here.
 */
export const colours = {
  tuned: "var(--tuned, #0b63a5)",
  base: "var(--base, #b4560b)",
  control: "var(--control, #80868c)",
  surface: "var(--surface, #ffffff)",
} as const;

/**
 * Base and tuned model differ by more than colour: the base model's lines are dashed, its marks
 * hollow.
 */
export const roleNames: Readonly<Record<ModelRole, string>> = { tuned: "tuned model", base: "base model" };

/** Two figures fit side by side on a desktop, one on a phone. */
export const WIDTH = 460;

/**
 * Draws one plot, without a browser.
 * @param alt the content of the figure for readers who cannot see it
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
  // Plot's style is removed, since it would be repeated in every figure; the report's style sheet
  // replaces it.
  svg.querySelector("style")?.remove();
  // The picture has one description; labels that Plot gives to groups of marks are invalid without
  // a role.
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
