/** The table that `npm run test:peers` prints. */

/** What was compared with whom, the worst difference and what it may be; or why it was not compared. */
export type Row = { check: string; peer: string } & ({ worst: number; bound: number } | { skipped: string });

export const failed = (row: Row): boolean => "worst" in row && !(row.worst <= row.bound);

/** The rows of a comparison; where it ends with an error, that is said and one failed row stands for them. */
export async function orFailed(
  check: string,
  peer: string,
  compare: () => Promise<Row | readonly Row[]>,
  log: (line: string) => void,
): Promise<Row[]> {
  try {
    return [await compare()].flat();
  } catch (error) {
    log(`${check}: ${error instanceof Error ? error.message : error}`);
    return [{ check, peer, worst: Number.POSITIVE_INFINITY, bound: 0 }];
  }
}

export function formatTable(rows: readonly Row[]): string {
  const number = (value: number): string => (value === 0 ? "0" : value.toExponential(1));
  const cells = rows.map((row) => {
    if ("skipped" in row) return [row.check, row.peer, "skipped", row.skipped];
    return [row.check, row.peer, number(row.worst), `${number(row.bound)}${failed(row) ? "  FAILED" : ""}`];
  });
  const all = [["check", "peer", "worst difference", "bound"], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`).join("\n");
}
