/** Model cards: README.md files with the front matter that the Hub reads. */
import { stringify } from "yaml";
import type { RunData } from "../results/read-run.js";

/** @param matter the front matter; undefined fields are left out */
export function card(matter: Readonly<Record<string, unknown>>, body: readonly string[]): string {
  return `---\n${stringify(matter, { keepUndefined: false })}---\n\n${body.join("\n\n")}\n`;
}

/** A table in Markdown; bars in cells are escaped. */
export function markdownTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The base model's id on the Hub; undefined for a folder and for the embedded model. */
export const baseOnHub = ({ record: { hub } }: Pick<RunData, "record">): string | undefined =>
  (hub["model.base"] ?? hub["model.name"])?.id;
