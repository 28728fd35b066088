/** The largest difference between two files of recorded results. */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { openSafetensors } from "../../src/io/safetensors.js";

/** Absolute, or a share of the expected number where that is larger than 1; Infinity where the two are not alike at all. */
function difference(actual: number, expected: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const size = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
}

/** The largest difference of one number from the expected one. */
export function differenceOfNumbers(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, difference(actual[i], expected[i]));
  return worst;
}

/** Which versions made a record is told apart from the record. */
const versions = new Set(["recordedWith", "transformers", "torch"]);

function differenceOfValues(actual: unknown, expected: unknown): number {
  if (typeof actual === "number" && typeof expected === "number") return difference(actual, expected);
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null)
    return actual === expected ? 0 : Number.POSITIVE_INFINITY;
  const [mine, theirs] = [actual, expected] as Record<string, unknown>[];
  const keys = Object.keys(theirs);
  if (keys.length !== Object.keys(mine).length) return Number.POSITIVE_INFINITY;
  return keys.reduce((worst, key) => {
    if (versions.has(key)) return worst;
    return Math.max(worst, key in mine ? differenceOfValues(mine[key], theirs[key]) : Number.POSITIVE_INFINITY);
  }, 0);
}

async function differenceOfTensors(actual: string, expected: string): Promise<number> {
  const [mine, theirs] = [await openSafetensors(actual), await openSafetensors(expected)];
  let worst = mine.tensors.size === theirs.tensors.size ? 0 : Number.POSITIVE_INFINITY;
  for (const [name, { dtype, shape }] of theirs.tensors) {
    const other = mine.tensors.get(name);
    if (other?.dtype !== dtype || other.shape.join() !== shape.join()) return Number.POSITIVE_INFINITY;
    const isFloat = /^(F|BF)\d+$/.test(dtype);
    const read = async (file: typeof mine) => (isFloat ? (await file.read(name)).data : await file.readInts(name));
    const [a, b] = [await read(mine), await read(theirs)];
    worst = Math.max(worst, differenceOfNumbers(Array.from(a, Number), Array.from(b, Number)));
  }
  await Promise.all([mine.close(), theirs.close()]);
  return worst;
}

/** By the kind of file: tensors, JSON (packed or not), or anything else, byte by byte. */
export async function compareFiles(actual: string, expected: string): Promise<number> {
  if (expected.endsWith(".safetensors")) return differenceOfTensors(actual, expected);
  const [mine, theirs] = await Promise.all([readFile(actual), readFile(expected)]);
  if (!/\.json(\.gz)?$/.test(expected)) return mine.equals(theirs) ? 0 : Number.POSITIVE_INFINITY;
  const parse = (data: Buffer): unknown => JSON.parse((expected.endsWith(".gz") ? gunzipSync(data) : data).toString());
  return differenceOfValues(parse(mine), parse(theirs));
}
