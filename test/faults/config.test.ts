import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../src/config/check-config.js";
import { findConfig, parseSetting, resolveConfig } from "../../src/config/load-config.js";
import { ConfigError, FormatError } from "../../src/errors.js";
import { Rng } from "../../src/rng.js";
import { changeText, mutationCount } from "../support/mutations.js";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Mutations of each kind of text. */
const MUTATIONS = mutationCount(200, 2000);
/** Milliseconds of processor time that an answer may take. */
const AT_ONCE_MS = 1000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * What reading settings comes to: a configuration or one of the two errors, in good time and in few
 * words.
 */
async function expectClear(what: string, read: () => Promise<unknown>): Promise<"read" | "refused"> {
  const begin = process.cpuUsage();
  const error = await read().then(
    () => undefined,
    (cause: unknown) => cause as Error,
  );
  const { user, system } = process.cpuUsage(begin);
  expect((user + system) / 1000, what).toBeLessThan(AT_ONCE_MS);
  if (error === undefined) return "read";
  expect(error instanceof ConfigError || error instanceof FormatError, `${what}\n${error.stack}`).toBe(true);
  expect(error.message, what).not.toMatch(/call stack|undefined|\[object|Cannot read|not a function|internal:/);
  expect(error.message.length, what).toBeLessThan(20_000);
  return "refused";
}

const complete = JSON.parse(JSON.stringify(parseConfig({}, "defaults"))) as object;
const yaml = `# My reviews.
corpus: &texts
  source: embedded
  texts: { tune: 100, evaluate: 50 }
ppo:
  batches: 20   # few
  queryTokens: [2, 10]
  learningRate: 1e-5
  evaluation:
    prompts: 20
ablation: {prompts: 20, kinds: [subtractFeatures, replace]}
studies:
  l1Coefs:
    - 0.001
    - 0.01
explainer:
  rewardDescription: >
    Short sentences.
    Nothing else: "counts".
  temperature: ~
frequency: &f {at: 'everyToken'}
seed: 7
`;

const texts: Record<string, string> = {
  "written.yaml": yaml,
  "complete.yaml": stringify(complete),
  "complete.json": JSON.stringify(complete, null, 2),
  "dense.json": JSON.stringify(complete),
};

/** Pieces that mean something to YAML, JSON or JavaScript, or nothing anywhere. */
const pieces = [
  ..."[]{}:,&*!|>'\"%@`#-?~\t\r\n\0\\",
  ...[
    ": ",
    "- ",
    "? ",
    "--- ",
    "...\n",
    "<<: ",
    "*texts",
    "&texts ",
    "!!binary ",
    "!!set ",
    "!!float ",
    "!x ",
    "%YAML 1.1\n",
  ],
  ...[
    "null",
    "true",
    ".inf",
    "-.nan",
    "1e999",
    "-1",
    "0",
    "-0",
    "9007199254740993",
    "0x10",
    "2020-01-01",
    '""',
    "[]",
    "{}",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "\\ud800",
    "\ufeff",
    "é",
    "🎬",
    "\u2028",
    "\u202e",
    "\u001b[31m",
  ],
  ...["seed: 1\n", "ppo: {}\n", '"seed": 1,', "a".repeat(2000), "[".repeat(500), "- ".repeat(500), "*a ".repeat(500)],
];

describe.each(Object.keys(texts))("mutations of %s", (name) => {
  test("are read, or refused with a clear error at once", { timeout: 300_000 }, async () => {
    const rng = Rng.fromSeed(3, "mutations", name);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < MUTATIONS; i++) {
      let text = texts[name];
      for (let times = rng.integer(3); times >= 0; times--) text = changeText(rng, text, pieces);
      const bytes = Buffer.from(text);
      if (bytes.length > 0 && rng.integer(20) === 0) bytes[rng.integer(bytes.length)] ^= 1 << rng.integer(8);
      const file = join(folder, name);
      await writeFile(file, bytes);
      outcomes[await expectClear(`mutation ${i} of ${name}`, async () => resolveConfig(await findConfig(file)))]++;
    }
    // Neither harmless alone, nor all beyond understanding.
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(MUTATIONS / 100);
    console.log(`${name}: ${MUTATIONS} mutations, ${JSON.stringify(outcomes)}`);
  });
});

test("mutations of --set are read, or refused with a clear error at once", { timeout: 300_000 }, async () => {
  const rng = Rng.fromSeed(3, "mutations", "set");
  const settings = [
    "ppo.batches=20",
    "ppo.queryTokens=[2, 10]",
    "corpus=embedded",
    "ablation.kinds=[replace]",
    "model=a/b",
    "reward.timeoutSeconds=5",
    "explainer.temperature=null",
  ];
  for (let i = 0; i < 2 * MUTATIONS; i++) {
    let text = settings[rng.integer(settings.length)];
    for (let times = rng.integer(3); times >= 0; times--) text = changeText(rng, text, pieces);
    await expectClear(`--set ${JSON.stringify(text)}`, async () =>
      resolveConfig(await findConfig("default"), [parseSetting(text)]),
    );
  }
});

const bomb = `a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]\n`).join("")}`;

describe("at its largest", () => {
  test.each<[string, string]>([
    ["open lists", "[".repeat(100_000)],
    ["lists in lists", "[".repeat(50_000) + "]".repeat(50_000)],
    ["open groups", "{a: ".repeat(25_000)],
    ["dashes", "- ".repeat(50_000)],
    ["question marks", "? ".repeat(50_000)],
    ["colons", ": ".repeat(50_000)],
    ["groups in groups", Array.from({ length: 440 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
    ["unknown names", Array.from({ length: 9000 }, (_, i) => `k${i}: 1\n`).join("")],
    ["unknown names in a group", `ppo: {${Array.from({ length: 950 }, (_, i) => `k${i}: ${i}`).join(", ")}}`],
    ["anchors", Array.from({ length: 5000 }, (_, i) => `a${i}: &x${i} 1\n`).join("")],
    ["wrong values", `studies: {l1Coefs: [${Array(950).fill("x")}]}`],
    ["a long name", `${"x".repeat(99_000)}: 1`],
    ["a long text", `model: ${"x".repeat(99_000)}`],
    ["a text without an end", `model: "${"x".repeat(99_000)}`],
    ["lines that go on", `a: "${"\\\n".repeat(45_000)}`],
    ["quotes", "'".repeat(100_000)],
    ["documents", "---\n".repeat(25_000)],
    ["comments", "#\n".repeat(50_000)],
    ["empty lines", "\n".repeat(100_000)],
    ["tabs", "\t\n".repeat(50_000)],
    ["faults", "]\n".repeat(50_000)],
    ["commas", `[${",".repeat(99_000)}`],
    ["tags", "! ".repeat(50_000)],
    ["directives", "%a\n".repeat(33_000)],
    ["aliases of nothing", "*a ".repeat(33_000)],
    ["a bomb", bomb],
  ])("%s", async (name, text) => {
    for (const kind of ["yaml", "json"]) {
      const file = join(folder, `large.${kind}`);
      await writeFile(file, text);
      expect(await expectClear(`${name} as ${kind}`, async () => resolveConfig(await findConfig(file)))).toBe(
        "refused",
      );
    }
  });
});

describe("the command line", { timeout: 60_000 }, () => {
  const answerTo = async (...words: string[]) => {
    const child = spawn("node", ["--import", "tsx", main, "run", ...words, "--out", join(folder, "none")]);
    const said = { output: "", errors: "" };
    child.stdout.on("data", (chunk) => (said.output += chunk));
    child.stderr.on("data", (chunk) => (said.errors += chunk));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, ...said };
  };

  test("refuses what is no configuration with one error and exit code 2", async () => {
    const [bombFile, pipe] = [join(folder, "bomb.yaml"), join(folder, "pipe.yaml")];
    await writeFile(bombFile, bomb);
    execFileSync("mkfifo", [pipe]);
    const cases: [string[], string][] = [
      [[bombFile], `${bombFile}: line 4: expected YAML or JSON: there are more than 1000 values`],
      [[pipe], `${pipe}: expected a file, received a pipe`],
      [[folder], `${folder}: expected a file, received a folder`],
      [
        ["default", "--set", `${"a.".repeat(10_000)}b=1`, "--set", "=x", "--set", "corpus="],
        "preset default: 3 problems\n  --set: expected group.field=value,",
      ],
    ];
    for (const [words, message] of cases) {
      const { code, output, errors } = await answerTo(...words);
      expect(errors).toContain(`error: ${message}`);
      expect(errors.match(/error:/g)).toHaveLength(1);
      expect({ code, output }).toEqual({ code: 2, output: "" });
    }
  });
});
