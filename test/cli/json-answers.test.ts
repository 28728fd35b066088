/** Every command has an example, and answers programs with one JSON document, also when it is called wrongly. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandTable } from "../../src/cli/command-table.js";
import { writePlayableRun } from "../support/playable-run.js";
import { onlyCached, start } from "../support/program.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-json-"));
  await writePlayableRun(folder, "run");
});
afterAll(() => rm(folder, { recursive: true }));

const answer = (...args: string[]) =>
  start("rewardscope", [...args, "--json"], { cwd: folder, env: onlyCached(join(folder, "hf")) }).ended;

test.each(commandTable)("$name has an example of itself, of options that it has", async ({ name, load }) => {
  const { example, options } = (await load()).command;
  expect(example).toMatch(new RegExp(`\\brewardscope ${name}\\b`));
  const known = options.flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []);
  for (const flag of example.match(/--[\w-]+/g) ?? []) expect(known).toContain(flag);
});

describe("the answer to programs", () => {
  test.each<[string[], unknown]>([
    [["presets"], expect.arrayContaining([expect.objectContaining({ name: "default" })])],
    [["presets", "default"], expect.objectContaining({ seed: 42 })],
    [["schema"], expect.objectContaining({ type: "object" })],
    [["init", "mine.yaml"], expect.objectContaining({ file: expect.stringContaining("mine.yaml") })],
    [["reward", "A wonderful cast"], expect.objectContaining({ text: "A wonderful cast", reward: 0.54 })],
    [
      ["sample", "embedded", "--prompt", "This movie was", "--tokens", "2"],
      [expect.stringMatching(/^This movie was./)],
    ],
    [["check-paper"], expect.any(Array)],
    [["completion", "bash"], expect.objectContaining({ shell: "bash", script: expect.any(String) })],
    [["verify-model", "embedded"], expect.any(Object)],
    [["export", "run", "--to", "tables"], expect.objectContaining({ format: "tables", files: expect.any(Array) })],
    [["run", "default", "--dry-run", "--out", "new"], expect.any(Object)],
  ])("of %j is one document", async (args, expected) => {
    const { code, stdout, stderr } = await answer(...args);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["run", "--frobnicate"], "unknown option '--frobnicate'"],
    [["probe"], "missing required argument 'run'"],
    [["probe", "nowhere"], "nowhere/run.json: no such file"],
  ])("of the wrong call %j is an error of one line", async (args, message) => {
    const { code, stdout, stderr } = await answer(...args);
    expect([code, stdout]).toEqual([2, ""]);
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
    expect(error.message).toContain(message);
    expect(error.code).toMatch(/^[A-Z_]+$/);
  });
});
