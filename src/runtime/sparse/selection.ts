/** Which of a batch's values are kept, as lists of `kernel.ts`. */

/** The smallest number above 0 in single precision: a value is positive if it is at least this. */
export const LEAST_POSITIVE = 2 ** -149;

/**
 * The k-th largest of the first `count` values, which are permuted (Hoare 1961).
 * @param k from 1 to count
 */
export function kthLargest(values: Float32Array, count: number, k: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [left, right] = [low, high];
    while (left <= right) {
      while (values[left] > pivot) left++;
      while (values[right] < pivot) right--;
      if (left > right) break;
      const value = values[left];
      values[left++] = values[right];
      values[right--] = value;
    }
    if (k - 1 <= right) high = right;
    else if (k - 1 >= left) low = left;
    else break;
  }
  return values[k - 1];
}

/**
 * Calls `keep` with the places of the k largest of some values in ascending order; of equal ones the
 * first are kept, as by ONNX's TopK.
 * @param scratch of at least as many values
 */
export function keepLargest(
  values: Float32Array,
  k: number,
  scratch: Float32Array,
  keep: (place: number) => void,
): void {
  if (values.length <= k) {
    for (let place = 0; place < values.length; place++) keep(place);
    return;
  }
  scratch.set(values);
  const smallest = kthLargest(scratch, values.length, k);
  let equal = k;
  for (let place = 0; place < values.length; place++) if (values[place] > smallest) equal--;
  for (let place = 0; place < values.length; place++)
    if (values[place] > smallest || (values[place] === smallest && equal-- > 0)) keep(place);
}
