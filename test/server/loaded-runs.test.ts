import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CausalLm } from "../../src/model/causal-lm.js";
import { readResumableRecord } from "../../src/pipeline/run/run-record.js";
import { writeRecord } from "../../src/results/run-record.js";
import { LoadedRuns } from "../../src/server/loaded-runs.js";
import { RunChecks } from "../../src/server/run-checks.js";
import { writePlayableRun } from "../support/playable-run.js";

let folder: string;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-loaded-runs-"));
  run = await writePlayableRun(folder, "one");
});
afterAll(() => rm(folder, { recursive: true }));

/** The number of models that a load disposes of which fails. */
async function disposedOf(message: RegExp): Promise<number> {
  const dispose = vi.spyOn(CausalLm.prototype, "dispose");
  const loaded = new LoadedRuns(new RunChecks());
  const work = vi.fn();
  await expect(loaded.use({ id: "one", folder: run }, new AbortController().signal, work)).rejects.toThrow(message);
  expect(work).not.toHaveBeenCalled();
  const models = new Set(dispose.mock.contexts);
  dispose.mockRestore();
  return models.size;
}

test("models that were loaded are disposed of where a later one, or the reward, cannot be", async () => {
  const weights = join(folder, ".models", "tuned", "model.safetensors");
  await rename(weights, `${weights}.away`);
  expect(await disposedOf(/model\.safetensors/)).toBe(1);
  await rename(`${weights}.away`, weights);
  const record = await readResumableRecord(run);
  const reward = { ...record.config.reward, name: join(folder, "none.mjs") };
  await writeRecord(run, { ...record, config: { ...record.config, reward } });
  expect(await disposedOf(/none\.mjs/)).toBe(2);
});
