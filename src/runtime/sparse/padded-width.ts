/** The width of rows of `dIn` floats in the kernel's matrices, a multiple of 4: zeros stand behind them. */
export function paddedWidth(dIn: number): number {
  return 4 * Math.ceil(dIn / 4);
}
