import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { changeJson, copyOfModel } from "../support/model-folder.js";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "rewardscope-checked-"));
const classifier = copyOfModel("distilbert-text");
const model = copyOfModel("neox-tied");
afterAll(() => {
  for (const path of [folder, classifier, model]) rmSync(path, { recursive: true });
});

function run(...args: string[]): { status: number | null; stderr: string } {
  const command = ["--import", "tsx", "src/cli/main.ts", "run", "default", "--out", join(folder, "run"), ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
}

test("models that a run cannot use are told before anything is written, by a dry run too", () => {
  changeJson(join(classifier, "config.json"), { id2label: { 0: "fresh", 1: "rotten" } });
  const reward = ["--set", "reward=classifier", "--set", `reward.classifier=${classifier}`];
  for (const dry of [[], ["--dry-run"]]) {
    const { status, stderr } = run(...reward, ...dry);
    expect(status).toBe(2);
    expect(stderr).toMatch(/reward\.label: expected the name of the class to reward.*\(0 fresh, 1 rotten\)/);
  }
  const dry = run(...reward, "--set", "reward.label=fresh", "--dry-run");
  expect([dry.status, dry.stderr.match(/reward: class 0 'fresh' of .*/)?.[0]]).toEqual([
    0,
    `reward: class 0 'fresh' of ${classifier}`,
  ]);
  changeJson(join(model, "config.json"), { max_position_embeddings: 1e9, num_hidden_layers: 1e8 });
  const sizes = run("--set", `model=${model}`);
  expect(sizes.status).toBe(2);
  expect(sizes.stderr).toMatch(
    /model\.name: .*config\.json: 2 problems; num_hidden_layers: .*; max_position_embeddings: /,
  );
  expect(existsSync(join(folder, "run"))).toBe(false);
});
