import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { FormatError, RunError } from "../../src/errors.js";
import { moduleReward } from "../../src/reward/module.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-modules-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

async function written(name: string, code: string): Promise<string> {
  const file = join(folder, `${name.replace(/\W+/g, "-")}.mjs`);
  await writeFile(file, code);
  return file;
}

const texts = ["first text", "second text"];

/**
 * What a module does with `texts`, which it must say within some seconds: its error, or its values.
 */
async function told(
  file: string,
  timeoutSeconds = 30,
): Promise<{ error?: Error; values?: unknown; printed: string[] }> {
  const printed: string[] = [];
  try {
    const reward = await moduleReward(file, { timeoutSeconds, print: (line) => printed.push(line) });
    try {
      return { values: await reward([...texts]), printed };
    } finally {
      await reward.dispose?.();
    }
  } catch (error) {
    return { error: error as Error, printed };
  }
}

describe("a module that", { timeout: 30_000 }, () => {
  test.each<[string, string, RegExp]>([
    [
      "exits in a call",
      "export default () => process.exit(0);",
      /ended its process with exit code 0, when it was given 2 texts/,
    ],
    ["exits as it is loaded", "process.exit(0);", /ended its process with exit code 0, while it was loaded/],
    ["sets an exit code", "process.exitCode = 7; export default () => process.exit();", /with exit code 7/],
    ["aborts", "export default () => process.abort();", /aborted: process\.abort/],
    [
      "is killed",
      "export default () => process.kill(process.pid, 'SIGKILL');",
      /was killed, when it was given 2 texts/,
    ],
    ["has a fault of memory", "export default () => process.kill(process.pid, 'SIGSEGV');", /was ended by SIGSEGV/],
    [
      "closes the channel",
      "export default () => { process.disconnect(); return new Promise(() => {}); };",
      /ended its process/,
    ],
    [
      "hears nothing any more",
      "export default () => { process.removeAllListeners(); return new Promise(() => {}); };",
      /ended its process/,
    ],
    [
      "throws in a timer",
      "setTimeout(() => { throw new Error('late'); }, 50);\nexport default () => new Promise(() => {});",
      /: uncaught exception: late\n {2}at: .*\.mjs:1:\d+$/,
    ],
    [
      "rejects and nobody listens",
      "export default () => {\n  Promise.reject(new Error('offline'));\n  return new Promise(() => {});\n};",
      /: unhandled rejection: offline\n {2}at: .*\.mjs:2:\d+$/,
    ],
    [
      "throws in a call",
      "\nexport default () => {\n  nothing.at.all;\n};",
      / failed: nothing is not defined\n {2}at: .*\.mjs:3:3$/,
    ],
    ["throws nothing", "export default () => { throw undefined; };", / failed: undefined$/],
    ["throws what cannot be shown", "export default () => { throw { toString() { throw 1; } }; };", /cannot be shown$/],
    ["rejects with an empty error", "export default async () => { throw new RangeError(); };", / failed: RangeError/],
    [
      "gives what throws",
      "export default () => new Proxy([1, 2], { get() { throw new Error('no'); } });",
      / failed: no/,
    ],
  ])("%s ends with one error", async (name, code, message) => {
    const { error, printed } = await told(await written(name, code));
    expect(error).toBeInstanceOf(RunError);
    expect(error?.message).toMatch(message);
    expect(error?.message).toMatch(/^the reward \S+\.mjs/);
    expect(printed).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ["never answers", "export default () => new Promise(() => {});", /was given 2 texts and did not answer/],
    ["never gives up its thread", "export default () => { for (;;); };", /was given 2 texts and did not answer/],
    ["is never loaded", "await new Promise(() => {});\nexport default () => [];", /was not loaded/],
    ["never gives up its thread as it is loaded", "for (;;);", /was not loaded/],
    ["prints for ever", "export default () => { for (;;) console.log('x'.repeat(1000)); };", /did not answer/],
  ])("%s is ended in time", async (name, code, message) => {
    const begin = Date.now();
    const { error } = await told(await written(name, code), 4);
    expect(Date.now() - begin).toBeLessThan(15_000);
    expect(error).toBeInstanceOf(RunError);
    expect(error?.message).toMatch(message);
    expect(error?.message).toMatch(
      /in 4 seconds \(reward\.timeoutSeconds\)\n.*--resume --set reward\.timeoutSeconds=40/,
    );
  });

  test("fills memory ends with one error, and takes no more than it may", async () => {
    vi.stubEnv("NODE_OPTIONS", "--max-old-space-size=150");
    const code = "export default () => { const all = []; for (;;) all.push(new Array(1e6).fill(0)); };";
    const { error, printed } = await told(await written("fills memory", code));
    expect(error?.message).toMatch(/ran out of memory, when it was given 2 texts\n {2}help: NODE_OPTIONS/);
    expect(printed).toEqual([]);
  });

  test.each<[string, string, unknown[]]>([
    ["leaves timers", "setInterval(() => {}, 1);\nexport default (texts) => texts.map(() => 1);", [1, 1]],
    [
      "deals with its own exceptions",
      `process.on("uncaughtException", () => {});
       export default (texts) => new Promise((resolve) => {
         setTimeout(() => { throw 1; }, 1);
         setTimeout(() => resolve(texts.map(() => 2)), 50);
       });`,
      [2, 2],
    ],
    ["looks for a parent", "process.send?.('hello');\nexport default (texts) => texts.map(() => 3);", [3, 3]],
    ["listens to signals", "process.on('SIGTERM', () => {});\nexport default (texts) => texts.map(() => 4);", [4, 4]],
    [
      "waits with a timer that keeps no process alive",
      "export default (texts) => new Promise((resolve) => setTimeout(() => resolve(texts.map(() => 5)), 200).unref());",
      [5, 5],
    ],
  ])("%s is a reward, and ends when it is let go", async (name, code, values) => {
    expect(await told(await written(name, code))).toEqual({ values, printed: [] });
  });

  test("prints in every way breaks nothing", async () => {
    const code = `import { writeSync } from "node:fs";
      export default (texts) => {
        console.log("one\\ntwo");
        writeSync(1, "raw\\n");
        process.stdout.write("no end");
        return texts.map(() => 1);
      };`;
    const { values, printed } = await told(await written("prints", code));
    expect(values).toEqual([1, 1]);
    expect(printed).toEqual(["one", "two", "raw", "no end"].map((line) => `[prints.mjs] ${line}`));
  });

  test("ended is started anew by the next call", async () => {
    const code = `let calls = 0;
      export default (texts) => (texts.length === 1 ? process.exit(3) : texts.map(() => ++calls));`;
    const reward = await moduleReward(await written("restarts", code));
    expect(await reward(texts)).toEqual([1, 2]);
    await expect(reward(["one"])).rejects.toThrow(/exit code 3, when it was given 1 text\b/);
    expect(await reward(texts)).toEqual([1, 2]);
    await reward.dispose?.();
  });

  test("has more time for more texts, in proportion", async () => {
    const code = `export default (texts) =>
      texts.length > 200 ? new Promise(() => {}) : new Promise((resolve) => setTimeout(() => resolve(texts.map(() => 1)), 2500));`;
    const reward = await moduleReward(await written("slow", code), { timeoutSeconds: 2 });
    expect(await reward(Array(65).fill("text"))).toHaveLength(65);
    await expect(reward(Array(201).fill("text"))).rejects.toThrow(
      "was given 201 texts and did not answer in 8 seconds (reward.timeoutSeconds is 2, for each 64 texts)",
    );
  });

  test("is at work is ended by the signal at once", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const reward = await moduleReward(await written("at work", "export default () => { for (;;); };"), { signal });
    const given = Promise.resolve(reward(texts));
    setTimeout(200).then(() => controller.abort(new Error("stopped by hand")));
    await expect(given).rejects.toThrow("stopped by hand");
    await expect(moduleReward(join(folder, "at-work.mjs"), { signal })).rejects.toThrow("stopped by hand");
  });

  test("is no module names the file", async () => {
    const { error } = await told(await written("syntax", "export default (texts => "));
    expect(error).toBeInstanceOf(FormatError);
    expect(error?.message).toMatch(/syntax\.mjs: cannot be loaded: .*\n {2}help: node --check \S+syntax\.mjs/);
    await expect(moduleReward(folder)).rejects.toThrow(FormatError);
    const binary = join(folder, "binary.mjs");
    await writeFile(binary, Buffer.from([0, 255, 254, 7]));
    expect((await told(binary)).error).toBeInstanceOf(FormatError);
  });
});
