/** Sparse matrices as lists of entries by row, and the same entries by column. */
import type { Workspace } from "./workspace.js";

/** Addresses of `starts` [rows + 1], `index` [count] (the column of an entry) and `value` [count]. */
export interface Lists {
  readonly rows: number;
  readonly count: number;
  readonly starts: number;
  readonly index: number;
  readonly value: number;
}

/**
 * The entries by their columns, of each column by ascending rows, with several values of each.
 * @param values factors by which values are multiplied, by their addresses [count]
 * @returns starts [columns + 1], index: rows; values in the order given
 */
export function byColumns(
  space: Workspace,
  { rows, count, starts, index }: Lists,
  columns: number,
  values: readonly { readonly address: number; readonly factor: number }[],
): { starts: number; index: number; values: number[] } {
  const columnStarts = space.takeZeros(columns + 1);
  const rowIndex = space.take(count);
  const moved = values.map(() => space.take(count));
  const [from, of, to, into] = [
    space.ints(starts, rows + 1),
    space.ints(index, count),
    space.ints(columnStarts, columns + 1),
    space.ints(rowIndex, count),
  ];
  for (let entry = 0; entry < count; entry++) to[of[entry] + 1]++;
  for (let column = 0; column < columns; column++) to[column + 1] += to[column];
  const next = to.slice(0, columns);
  const place = new Int32Array(count);
  for (let row = 0; row < rows; row++)
    for (let entry = from[row]; entry < from[row + 1]; entry++) {
      place[entry] = next[of[entry]]++;
      into[place[entry]] = row;
    }
  values.forEach(({ address, factor }, i) => {
    const [source, target] = [space.floats(address, count), space.floats(moved[i], count)];
    for (let entry = 0; entry < count; entry++) target[place[entry]] = factor * source[entry];
  });
  return { starts: columnStarts, index: rowIndex, values: moved };
}
