/** What axe finds on a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A rule that a page breaks, and the first element that does. */
export interface AxeFinding {
  id: string;
  impact: string;
  first: string;
}

/** Everything, of any impact. */
export function axeFindings(page: Page): Promise<AxeFinding[]> {
  return page.evaluate(
    `${axe}; axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, first: nodes[0].html.slice(0, 200) })))`,
  );
}
