/** Model cards: README.md files with the front matter that the Hub reads. */
import { stringify } from "yaml";
import { setting } from "../report/settings.js";
import type { RunData } from "../results/read-run.js";
import type { Interval } from "../stats/interval.js";

/** @param matter the front matter; undefined fields are left out */
export function card(matter: Readonly<Record<string, unknown>>, body: readonly string[]): string {
  return `---\n${stringify(matter, { keepUndefined: false })}---\n\n${body.join("\n\n")}\n`;
}

/** "1.23 [1.10, 1.35]" */
export const withInterval = ({ value, low, high }: Interval): string =>
  `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

/** A table in Markdown; bars in cells are escaped. */
export function markdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The base model as the run's configuration names it. */
export const baseModel = (run: Pick<RunData, "record">): string =>
  setting(run, "model.base") ?? setting(run, "model.name") ?? "a base model";

/** The id of a model on the Hub, or undefined for a folder or the embedded model. */
export const hubId = (model: string): string | undefined => (/^[\w.-]+\/[\w.@-]+$/.test(model) ? model : undefined);
