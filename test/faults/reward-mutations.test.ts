/** Modules of rewards and what they give, changed at random: finite numbers, or one error that names the module. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError, RunError } from "../../src/errors.js";
import { moduleReward } from "../../src/reward/module.js";
import { Rng } from "../../src/rng.js";
import { changeText, mutationCount } from "../support/mutations.js";

/** Seconds that a module may take, and milliseconds until it is ended and that is told, on a busy machine. */
const TIMEOUT_SECONDS = 8;
const LONGEST_MS = 1000 * TIMEOUT_SECONDS + 10_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-modules-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** @throws what is neither finite numbers, one for each text, nor an error as it should be */
async function outcome(file: string, shown: string, value: () => Promise<readonly number[]>, texts: readonly string[]) {
  const started = performance.now();
  let values: readonly number[] | undefined;
  try {
    values = await value();
  } catch (error) {
    expect(error instanceof RunError || error instanceof FormatError, `${shown}\n${error}`).toBe(true);
    const { message } = error as Error;
    expect(message, shown).toContain(file);
    expect(message, shown).not.toMatch(/\[object|internal:/);
    expect(message.length, shown).toBeLessThan(2500);
  }
  const ms = performance.now() - started;
  expect(ms, shown).toBeLessThan(LONGEST_MS);
  if (values) expect([values.length, values.every(Number.isFinite)], shown).toEqual([texts.length, true]);
  return { isUsed: values !== undefined, ms };
}

/** Values in JavaScript, for lists and alone. */
const atoms = [
  ...[
    "0",
    "-0",
    "1",
    "0.5",
    "NaN",
    "Infinity",
    "-1e308*10",
    "1n",
    "'1'",
    "''",
    "null",
    "undefined",
    "true",
    "[]",
    "[1]",
  ],
  ...[
    "{}",
    "() => 1",
    "Symbol('x')",
    "new Date(0)",
    "new Number(1)",
    "Promise.resolve(1)",
    "Promise.reject(new Error('late'))",
  ],
  ...["{ valueOf: () => 1 }", "{ toString() { throw 1; } }", "new Proxy({}, { get() { throw new Error('no'); } })"],
  ...[
    "'x'.repeat(1e6)",
    "new Error('given')",
    "globalThis",
    "new WeakMap()",
    "Object.create(null)",
    "new Array(5)",
    "/x/",
  ],
];
/** What a value may stand in. */
const frames = [
  ...[
    "[#, 1]",
    "[#, #]",
    "[1, 2, #]",
    "[#]",
    "#",
    "Promise.resolve([#, 2])",
    "(async () => [1, #])()",
    "new Float32Array([1, 2])",
  ],
  ...[
    "Float64Array.of(1, Number(#))",
    "{ length: 2, 0: #, 1: 1 }",
    "new Set([#, 1])",
    "(function* () { yield #; yield 1; })()",
  ],
  ...[
    "new Proxy([1, 2], { get: (list, key) => (key === '0' ? # : list[key]) })",
    "Object.defineProperty([1, 2], 0, { get: () => # })",
  ],
  ...[
    "{ then: (resolve) => resolve([#, 1]) }",
    "{ then() { throw #; } }",
    "new BigInt64Array(2)",
    "new DataView(new ArrayBuffer(16))",
  ],
  ...[
    "(() => { throw #; })()",
    "Promise.reject(#)",
    "new Array(2 ** 31).fill.bind(#)",
    "new Array(2 ** 32 - 1)",
    "Object.assign([1, 2], { x: # })",
  ],
  ...[
    "(texts.length = 0, [#, 1])",
    "(console.log(#), [1, 2])",
    "((a) => (a.push(a, #), a))([])",
    "structuredClone([1, 2])",
    "new Uint8Array(1e8)",
  ],
];

test("what a module gives", { timeout: 600_000 }, async () => {
  const file = join(folder, "gives.mjs");
  await writeFile(file, "export default (texts) => (0, eval)('(texts) => (' + texts[0] + ')')(texts);\n");
  const found = { used: 0, refused: 0 };
  let longest = 0;
  const reward = await moduleReward(file, { timeoutSeconds: TIMEOUT_SECONDS, print() {} });
  for (let i = 0; i < mutationCount(100, 800); i++) {
    const rng = Rng.fromSeed(1, "values of a module", String(i));
    const pick = (list: readonly string[]) => list[rng.integer(list.length)];
    const code = pick(frames).replaceAll("#", () => `(${pick(atoms)})`);
    const { isUsed, ms } = await outcome(file, `${i}: ${code}`, async () => reward([code, "second text"]), [code, ""]);
    found[isUsed ? "used" : "refused"]++;
    longest = Math.max(longest, ms);
  }
  // A rejection of the last value may arrive with the next call, which then fails in its place.
  await Promise.allSettled([reward(["[1, 2]", "second text"])]);
  expect(await reward(["[1, 2]", "second text"])).toEqual([1, 2]);
  await reward.dispose?.();
  expect(Math.min(found.used, found.refused)).toBeGreaterThan(0);
  console.log(`values of a module: ${JSON.stringify(found)}, longest ${Math.round(longest)} ms`);
});

const written = `import { basename } from "node:path";

const words = new Map([["good", 1], ["bad", -1]]);

/** Words of praise. */
function value(text) {
  let sum = 0;
  for (const word of text.toLowerCase().split(/\\W+/)) sum += words.get(word) ?? 0;
  return sum / (1 + text.length);
}

export default async (texts) => {
  await null;
  console.log(basename("a/b"), texts.length);
  return texts.map((text) => value(text));
};
`;

/** Pieces of JavaScript. */
const pieces = [
  ..."(){}[];,.=+-*/!?:`'\"\\\n\0 #@",
  ...[
    "=>",
    "await ",
    "async ",
    "return ",
    "throw ",
    "export default ",
    "import(",
    "null",
    "NaN",
    "-1",
    "1n",
    "undefined",
    "...",
    "??",
  ],
  ...[
    "for (;;);",
    "new Promise(() => {})",
    "process.exit()",
    "Symbol()",
    "texts",
    "text",
    "\u2028",
    "\ud800",
    "/*",
    "*/",
    "`${",
    "while (true) ",
  ],
];

test("modules themselves", { timeout: 3_600_000 }, async () => {
  const texts = ["a good film", "a bad one"];
  const found = { used: 0, refused: 0 };
  let longest = 0;
  const count = mutationCount(8, 150);
  // The last one stays as it is.
  for (let i = 0; i <= count; i++) {
    const rng = Rng.fromSeed(1, "modules", String(i));
    let code = written;
    for (let times = i === count ? -1 : rng.integer(2); times >= 0; times--) code = changeText(rng, code, pieces);
    const file = join(folder, `module-${i}.mjs`);
    await writeFile(file, code);
    const { isUsed, ms } = await outcome(
      file,
      `module ${i}:\n${code.slice(0, 3000)}`,
      async () => {
        const reward = await moduleReward(file, { timeoutSeconds: TIMEOUT_SECONDS, print() {} });
        try {
          return await reward(texts);
        } finally {
          await reward.dispose?.();
        }
      },
      texts,
    );
    found[isUsed ? "used" : "refused"]++;
    longest = Math.max(longest, ms);
  }
  expect(Math.min(found.used, found.refused)).toBeGreaterThan(0);
  console.log(`modules: ${JSON.stringify(found)}, longest ${Math.round(longest)} ms`);
});
