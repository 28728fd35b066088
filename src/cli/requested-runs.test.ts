import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { requestedRuns } from "./requested-runs.js";

const planned = async (track: string | undefined) => {
  const out = join(await mkdtemp(join(tmpdir(), "rewardscope-requested-")), "run");
  return requestedRuns("default", { out, track, dryRun: true }, new AbortController().signal);
};

test("--track names trackers, with commas", async () => {
  const { inputs } = await planned("tensorboard, mlflow");
  expect(inputs[0].config.tracking).toEqual({ to: ["tensorboard", "mlflow"], project: "rewardscope" });
  expect((await planned(undefined)).inputs[0].config).not.toHaveProperty("tracking");
  await expect(planned("tensorboard,tensorbord")).rejects.toThrow(/tracking\.to\.1: expected one of .*"tensorbord"/);
});
