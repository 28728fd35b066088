import { execFileSync } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readConfigFile, resolveConfig } from "../../src/config/load-config.js";
import { presets } from "../../src/config/presets.js";
import { onlyCached, start } from "../support/program.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-setup-"));
});

const rewardscope = (...args: string[]) =>
  start("rewardscope", args, { cwd: folder, env: onlyCached(join(folder, "hf")) }).ended;

/** What bash offers for the last word of a command line. */
const completed = (script: string, words: readonly string[]): string[] => {
  const program = `${script}\nCOMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _rewardscope; echo "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", program], { encoding: "utf8" }).trim().split(/\s+/);
};

test("bash completes commands, options and presets", async () => {
  const { code, stdout } = await rewardscope("completion", "bash");
  expect(code).toBe(0);
  expect(completed(stdout, ["rewardscope", "au"])).toEqual(["audit"]);
  expect(completed(stdout, ["rewardscope", "run", "--va"])).toEqual(["--variant"]);
  expect(completed(stdout, ["rewardscope", "run", "pythia-70m-"])).toEqual(["pythia-70m-classifier"]);
  expect((await rewardscope("completion", "tcsh")).code).toBe(2);
});

test("init writes a preset with comments, once", async () => {
  expect((await rewardscope("init", "mine.yaml", "--preset", "thorough")).code).toBe(0);
  const file = join(folder, "mine.yaml");
  const written = await readFile(file, "utf8");
  expect(written).toMatch(/^ {2}# .+\n {2}batches: 150$/m);
  const config = resolveConfig({ source: file, input: await readConfigFile(file) });
  expect(config).toEqual(resolveConfig({ source: "thorough", input: presets.thorough.input }));
  const again = await rewardscope("init", "mine.yaml");
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/expected a file that does not exist/);
  expect(await readFile(file, "utf8")).toBe(written);
});

test("schema prints the configuration's JSON Schema", async () => {
  const { code, stdout } = await rewardscope("schema");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    properties: { ppo: expect.anything(), dictionaries: expect.anything() },
  });
});

test("doctor tells what the machine offers, in JSON too", async () => {
  const { code, stdout } = await rewardscope("doctor", "--json");
  expect(code).toBe(0);
  const found = JSON.parse(stdout) as Record<string, unknown>;
  expect(found.node).toBe(process.version);
  for (const name of ["platform", "processor", "threads", "memory", "disk", "cache", "network", "gpu", "engine"])
    expect(found[name], name).toBeDefined();
});
