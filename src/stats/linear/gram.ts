/**
 * Gram products Z'Z of tall matrices, lower triangle only, with loops that suit dense and
 * mostly-zero rows.
 */

/** Rows per panel: with 1300 columns they fit the processor's second-level cache. */
const PANEL_ROWS = 128;

/**
 * Share of non-zeros below which walking the non-zeros of each row is faster than the dense loops.
 */
const SPARSE_DENSITY = 0.5;

/**
 * Z'Z for a matrix that is given one row at a time.
 * @param fillRow writes row i of Z to `row` [columns]
 * @param density share of Z's values that are not zero; decides the loops, not the result
 * @returns [columns, columns] row-major; the upper triangle is zero
 */
export function gram(
  rows: number,
  columns: number,
  fillRow: (i: number, row: Float64Array) => void,
  density: number,
): Float64Array {
  const product = new Float64Array(columns * columns);
  const row = new Float64Array(columns);
  if (density < SPARSE_DENSITY) {
    for (let i = 0; i < rows; i++) {
      fillRow(i, row);
      addSparseRow(product, row);
    }
    return product;
  }
  // Padding of the last tile with zeros.
  const panel = new Float64Array((columns + 3) * PANEL_ROWS);
  for (let start = 0; start < rows; start += PANEL_ROWS) {
    const height = Math.min(PANEL_ROWS, rows - start);
    for (let i = 0; i < height; i++) {
      fillRow(start + i, row);
      for (let j = 0; j < columns; j++) panel[j * PANEL_ROWS + i] = row[j];
    }
    addPanel(product, panel, columns, height);
  }
  return product;
}

function addSparseRow(product: Float64Array, row: Float64Array): void {
  const n = row.length;
  const at: number[] = [];
  for (let j = 0; j < n; j++) {
    const value = row[j];
    if (value === 0) continue;
    at.push(j);
    const base = j * n;
    for (let k = 0; k < at.length; k++) product[base + at[k]] += value * row[at[k]];
  }
}

/**
 * Adds the inner products of the panel's columns in tiles of 4 x 2, so that each loaded value is
 * used several times.
 */
function addPanel(product: Float64Array, panel: Float64Array, columns: number, height: number): void {
  for (let a = 0; a < columns; a += 4) {
    for (let b = 0; b < Math.min(a + 4, columns); b += 2) addTile(product, panel, columns, height, a, b);
  }
}

function addTile(product: Float64Array, panel: Float64Array, n: number, height: number, a: number, b: number): void {
  const [a0, a1, a2, a3] = [a * PANEL_ROWS, (a + 1) * PANEL_ROWS, (a + 2) * PANEL_ROWS, (a + 3) * PANEL_ROWS];
  const [b0, b1] = [b * PANEL_ROWS, (b + 1) * PANEL_ROWS];
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let i = 0; i < height; i++) {
    const y0 = panel[b0 + i];
    const y1 = panel[b1 + i];
    const x0 = panel[a0 + i];
    s00 += x0 * y0;
    s01 += x0 * y1;
    const x1 = panel[a1 + i];
    s10 += x1 * y0;
    s11 += x1 * y1;
    const x2 = panel[a2 + i];
    s20 += x2 * y0;
    s21 += x2 * y1;
    const x3 = panel[a3 + i];
    s30 += x3 * y0;
    s31 += x3 * y1;
  }
  const sums = [s00, s01, s10, s11, s20, s21, s30, s31];
  for (let k = 0; k < 8; k++) {
    const row = a + (k >> 1);
    const column = b + (k & 1);
    if (row < n && column <= row) product[row * n + column] += sums[k];
  }
}
