/** Spoils files at random, the same way each time for one stream of random numbers. */
import type { Rng } from "../../src/rng.js";

/** How many times a fault test tries: few by default, all where REWARDSCOPE_FAULTS is `full`. */
export function mutationCount(few: number, all: number): number {
  return process.env.REWARDSCOPE_FAULTS === "full" ? all : few;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Stands for lists within lists, deeper than a stack can follow, until the tree is text. */
const DEEP = "@deep@";
const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

/** Values that stand where another kind of value should, or where it should be smaller. */
const odd: readonly Json[] = [
  ...[null, true, false, "", "x", "0", "../../x", "\u0000", "\ud800", "a".repeat(100_000), "toString", "__proto__"],
  ...[0, -0, -1, 1, 2, 0.5, -2.5, 255, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 1e12, 1e100, 1e308, -1e308],
  ...[[], {}, [null], [[]], [0], ["x"], [1, "x"], { x: 1 }, { "0": 0 }, { content: "x" }, DEEP],
];

function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.integer(items.length)];
}

const isNode = (value: Json): value is Json[] | { [key: string]: Json } => typeof value === "object" && value !== null;

/** A list or object of the tree, more likely one near its root; large ones are entered like small ones. */
function someNode(rng: Rng, root: Json): Json[] | { [key: string]: Json } | undefined {
  let node = root;
  while (isNode(node)) {
    const inner = Object.values(node).filter(isNode);
    if (inner.length === 0 || rng.uniform() < 0.35) return node;
    node = pick(rng, inner);
  }
  return undefined;
}

/** Changes the tree in one place: a value, a key, an entry more or less, two entries exchanged. */
function changeTree(rng: Rng, root: Json): void {
  const node = someNode(rng, root);
  if (!node) return;
  const record = node as { [key: string]: Json };
  const keys = Object.keys(record);
  const kind = rng.integer(7);
  if (keys.length === 0 || kind === 0) {
    if (Array.isArray(node)) node.push(structuredClone(pick(rng, odd)));
    else record[pick(rng, ["x", "type", "content", "id", "vocab", ...keys])] = structuredClone(pick(rng, odd));
    return;
  }
  const key = pick(rng, keys);
  const value = record[key];
  if (kind === 1) {
    if (Array.isArray(node)) node.splice(Number(key), 1);
    else delete record[key];
  } else if (kind === 2 && typeof value === "number")
    record[key] = pick(rng, [value + 1, value - 1, -value, value * 1e6]);
  else if (kind === 3) {
    const other = pick(rng, keys);
    [record[key], record[other]] = [record[other], value];
  } else if (kind === 4) record[`${key}${pick(rng, ["x", ".", " ", "_orig_mod.", "../"])}`] = value;
  else if (kind === 5) record[key] = [value];
  else record[key] = structuredClone(pick(rng, odd));
}

/** JSON with one to three places of its tree changed; other text comes back with its bytes changed. */
export function changeJsonText(rng: Rng, text: string): Uint8Array {
  let root: Json;
  try {
    root = JSON.parse(text) as Json;
  } catch {
    return changeBytes(rng, Buffer.from(text));
  }
  for (let changes = 1 + rng.integer(3); changes > 0; changes--) changeTree(rng, root);
  let changed = JSON.stringify(root).replaceAll(JSON.stringify(DEEP), deep);
  // What no value of JavaScript is written as.
  if (rng.uniform() < 0.1) changed = changed.replace(/\d+(?=[,}])/, pick(rng, ["1e999", "-1e999", "NaN", "01", "1."]));
  if (rng.uniform() < 0.05) changed = `${pick(rng, ["\ufeff", " ", "\n", "\u0000"])}${changed}`;
  return Buffer.from(changed, rng.uniform() < 0.03 ? "utf16le" : "utf8");
}

/** Bytes with some flipped, taken out or put in, or cut short. Only those from `from` to `to` change. */
export function changeBytes(rng: Rng, bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const place = () => from + rng.integer(Math.max(1, to - from));
  const kind = rng.integer(6);
  if (kind === 0) return changed.subarray(0, place());
  if (kind === 1) {
    const at = place();
    const more = Uint8Array.from({ length: 1 + rng.integer(16) }, () => rng.integer(256));
    return Buffer.concat([changed.subarray(0, at), more, changed.subarray(at)]);
  }
  if (kind === 2) {
    const at = place();
    return Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + rng.integer(16))]);
  }
  for (let flips = 1 + rng.integer(4); flips > 0; flips--) {
    const at = place();
    changed[at] = kind === 3 ? changed[at] ^ (1 << rng.integer(8)) : rng.integer(256);
  }
  return changed;
}
