/** The programs of examples/, run against the built package as a user would. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, start } from "../support/program.js";
import { corpusLines, plainWords } from "../support/tiny-run.js";

const MINUTE = 60_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-examples-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function example(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "examples", name), ...args]);
  return stdout;
}

/** Each example by its file, with a small amount of work. */
const examples: Readonly<Record<string, () => Promise<void>>> = {
  "own-reward.mjs": async () => {
    const lines = await example("own-reward.mjs", "2");
    expect(lines).toMatch(
      /batch 2: reward -\d\.\d\d, KL -?\d\.\d\d\nbefore: This movie was.*\n*.*after: This movie was/s,
    );
  },
  "own-pair.mjs": async () => {
    const lines = (await example("own-pair.mjs")).trim().split("\n");
    const values = lines.slice(0, -1).map((line) => Number(line.slice(0, 8)));
    const whole = Number(/: (.*) nats/.exec(lines[lines.length - 1])![1]);
    expect(whole).not.toBe(0);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) - whole)).toBeLessThan(0.001 * lines.length);
    expect(await example("own-pair.mjs", "embedded", "embedded")).toContain("log-ratio of the text: 0.000 nats");
  },
  "own-corpus.mjs": async () => {
    const [, loss] = /^64 texts: (\d\.\d+) /.exec(await example("own-corpus.mjs"))!;
    expect(Number(loss)).toBeGreaterThan(3.5);
    expect(Number(loss)).toBeLessThan(5.5);
  },
  "steer-by-feature.mjs": async () => {
    const lines = await example("steer-by-feature.mjs", " wonderful", "4000");
    expect(lines).toMatch(/^feature \d+ is \d+\.\d\d at " wonderful"/);
    const texts = [...lines.matchAll(/^strength (\d): (.*)/gm)].map(([, , text]) => text);
    expect(new Set(texts).size).toBe(3);
  },
  "engine-alone.mjs": async () => {
    expect(await example("engine-alone.mjs")).toMatch(/step 40: loss 0\.0000\d\d, y = (3\.000|2\.99\d) x \+ -0\.500/);
  },
  "tiny-model.yaml": async () => {
    const texts = corpusLines(300, await plainWords(), "train")
      .trim()
      .split("\n");
    const lines = texts.map((line) => (JSON.parse(line) as { text: string }).text.replaceAll("\n", " "));
    await writeFile(join(folder, "texts.txt"), `${lines.join("\n")}\n`);
    const given = await readFile(join(root, "examples/tiny-model.yaml"), "utf8");
    await writeFile(
      join(folder, "tiny.yaml"),
      given.replace("steps: 100", "steps: 4").replace("Texts: 50", "Texts: 8"),
    );
    const args = ["pretrain", "tiny.yaml"];
    const trained = await start("rewardscope", args, { cwd: folder }).ended;
    expect(trained.code, trained.stderr).toBe(0);
    expect(await readdir(join(folder, "tiny-model"))).toContain("model.safetensors");
  },
};

test.each(Object.keys(examples))("%s runs and prints what it says", { timeout: 3 * MINUTE }, (name) =>
  examples[name](),
);

test("every example is run", async () => {
  expect((await readdir(join(root, "examples"))).sort()).toEqual(
    [...Object.keys(examples), "README.md", "notebooks"].sort(),
  );
});
