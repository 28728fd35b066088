/** Spoils files at random, the same way each time for one stream of random numbers, and tries what becomes of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";
import { RewardscopeError } from "../../src/errors.js";
import { Rng } from "../../src/rng.js";

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

/** A change of a JSON file, more often of its tree than of its bytes. */
export const jsonOrBytes = (rng: Rng, content: Buffer): Uint8Array =>
  rng.uniform() < 0.7 ? changeJsonText(rng, content.toString("utf8")) : changeBytes(rng, content);

/** Text with one place changed: characters, lines or words put in, taken out, repeated or exchanged for one of `pieces`. */
export function changeText(rng: Rng, text: string, pieces: readonly string[]): string {
  const length = text.length;
  const at = rng.integer(length + 1);
  const slice = text.slice(at, at + 1 + rng.integer(40));
  const lines = text.split("\n");
  const line = rng.integer(lines.length);
  const withLines = (count: number, ...others: string[]) => lines.toSpliced(line, count, ...others).join("\n");
  const piece = pick(rng, pieces);
  const ways = [
    () => text.slice(0, at) + piece + text.slice(at),
    () => text.slice(0, at) + piece + text.slice(at + slice.length),
    () => text.slice(0, at) + text.slice(at + slice.length),
    () => text.slice(0, at) + slice.repeat(1 + rng.integer(500)) + text.slice(at),
    () => text.slice(0, at),
    () => text.slice(at),
    () => withLines(1),
    () => withLines(0, lines[rng.integer(lines.length)]),
    () => withLines(1, " ".repeat(rng.integer(12)) + lines[line].trim()),
    () => withLines(1, lines[line].replace(/[^:]*$/, ` ${piece}`)),
    () => text.replace(/\w+/g, (word) => (rng.integer(50) === 0 ? piece : word)),
    () => text.replaceAll("\n", rng.integer(2) === 0 ? "\r\n" : "\r"),
  ];
  return pick(rng, ways)();
}

/** One file is read, or refused, within this. */
const LONGEST_MS = 10_000;
/** All files together take no more memory than this beyond what the process had. */
const MOST_BYTES = 512 * 2 ** 20;

export interface Fault {
  /** Names the stream of random numbers. */
  readonly name: string;
  readonly path: string;
  readonly counts: readonly [few: number, all: number];
  change(rng: Rng, content: Buffer): Uint8Array;
  /** Whatever the file is for. Throws nothing but RewardscopeError. */
  use(): Promise<unknown>;
}

/** Spoils a file again and again. */
export async function tryFaults({ name, path, counts, change, use }: Fault): Promise<void> {
  const content = readFileSync(path);
  const before = process.resourceUsage().maxRSS;
  let read = 0;
  let longest = 0;
  const count = mutationCount(...counts);
  for (let i = 0; i < count; i++) {
    const spoilt = change(Rng.fromSeed(1, name, String(i)), content);
    writeFileSync(path, spoilt);
    const started = performance.now();
    try {
      await use();
      read++;
    } catch (error) {
      const shown = `${name} ${i}: ${error instanceof Error ? error.stack : error}\n${Buffer.from(spoilt).toString("latin1").slice(0, 3000)}`;
      expect(error, shown).toBeInstanceOf(RewardscopeError);
      const { code, message } = error as RewardscopeError;
      expect(["INVALID_FILE", "INVALID_INPUT", "SHAPE_MISMATCH"], shown).toContain(code);
      expect(message, shown).toContain(dirname(path));
      expect(message.length, shown).toBeLessThan(3000);
    }
    longest = Math.max(longest, performance.now() - started);
    expect(longest, `${name} ${i}: milliseconds`).toBeLessThan(LONGEST_MS);
  }
  writeFileSync(path, content);
  await use();
  // A change that does no harm is rare, but some are.
  expect(read, `${name}: of ${count} were read`).toBeLessThan(count);
  const bytes = (process.resourceUsage().maxRSS - before) * 1024;
  expect(bytes, `${name}: memory`).toBeLessThan(MOST_BYTES);
  console.log(
    `${name}: ${count} mutations, ${read} read, longest ${Math.round(longest)} ms, ${Math.round(bytes / 2 ** 20)} MiB more`,
  );
}
