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
 * The entries of the rows from `from` to `to` by their columns, of each column by ascending rows.
 * @param factor what the values are multiplied by
 * @returns lists whose rows are the columns and whose `index` is the row
 */
export function byColumns(
  space: Workspace,
  { rows, count, starts, index, value }: Lists,
  [from, to]: readonly [number, number],
  columns: number,
  factor: number,
): Lists {
  const rowStarts = space.ints(starts, rows + 1);
  const own = rowStarts[to] - rowStarts[from];
  const [columnStarts, rowIndex, moved] = [space.takeZeros(columns + 1), space.take(own), space.take(own)];
  const [begins, of, values] = [space.ints(starts, rows + 1), space.ints(index, count), space.floats(value, count)];
  const [ends, toIndex, toValue] = [
    space.ints(columnStarts, columns + 1),
    space.ints(rowIndex, own),
    space.floats(moved, own),
  ];
  for (let entry = begins[from]; entry < begins[to]; entry++) ends[of[entry] + 1]++;
  for (let column = 0; column < columns; column++) ends[column + 1] += ends[column];
  const next = ends.slice(0, columns);
  for (let row = from; row < to; row++)
    for (let entry = begins[row]; entry < begins[row + 1]; entry++) {
      const place = next[of[entry]]++;
      toIndex[place] = row;
      toValue[place] = factor * values[entry];
    }
  return { rows: columns, count: own, starts: columnStarts, index: rowIndex, value: moved };
}
