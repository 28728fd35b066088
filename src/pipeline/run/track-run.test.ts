import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mlflowServer } from "../../../test/support/mlflow-server.js";
import { parseConfig } from "../../config/check-config.js";
import { scalarsEvent } from "../../tracking/event-file.js";
import { silentObserver } from "./observer.js";
import { RunFolder } from "./run-folder.js";
import { runStages } from "./runner.js";
import type { Stage } from "./stage.js";

/** A stage with a curve of four steps; the first time it is stopped, or fails, after three, with a checkpoint of two. */
function interrupted(controller: AbortController, error?: Error): Stage {
  return {
    ...{ name: "tune", title: "tune", needs: [], outputs: ["out.txt"], readsInputs: false },
    settings: ({ ppo }) => ppo,
    async run({ scratch, track }) {
      const checkpoint = join(scratch, "checkpoint");
      const continued = existsSync(checkpoint);
      const after = continued ? 2 : 0;
      const series = track("tune", after);
      for (let step = after + 1; step <= 4; step++) {
        series.log(step, { "objective/kl": step });
        if (step < 3 || continued) continue;
        await mkdir(scratch, { recursive: true });
        await writeFile(checkpoint, "");
        if (error) throw error;
        controller.abort(new Error("stop"));
        controller.signal.throwIfAborted();
      }
      await writeFile(join(scratch, "out.txt"), "");
    },
  };
}

async function once(path: string, input: object, stage: Stage, signal = new AbortController().signal): Promise<void> {
  const config = parseConfig(input, "test");
  const folder = existsSync(path) ? await RunFolder.open(path, config) : await RunFolder.create(path, config);
  try {
    await runStages(folder, { stages: [stage], observer: silentObserver, signal, clock: () => new Date(1e12) });
  } finally {
    await folder.release();
  }
}

const newFolder = async () => join(await mkdtemp(join(tmpdir(), "rewardscope-track-")), "run");

test("a stopped run goes on with its curves; tracking alone makes no stage run again", async () => {
  const path = await newFolder();
  const controller = new AbortController();
  const stage = interrupted(controller);
  const input = { tracking: { to: ["tensorboard"] } };
  await expect(once(path, input, stage, controller.signal)).rejects.toThrow("stop");
  await once(path, input, stage);
  const place = join(path, "tensorboard", "tune");
  const file = await readFile(join(place, (await readdir(place)).sort().at(-1)!));
  const events = [1, 2, 3, 4].map((step) => scalarsEvent({ time: 1e9, step }, { "objective/kl": step }));
  expect(file.subarray(-4 * events[0].length)).toEqual(Buffer.concat(events));
  const written = (await readdir(place)).length;
  await once(path, {}, stage);
  await once(path, { tracking: { to: ["tensorboard"], project: "other" } }, stage);
  expect((await readdir(place)).length).toBe(written);
});

test("without tracking nothing of it is in the folder or in run.json", async () => {
  const path = await newFolder();
  await once(path, {}, interrupted(new AbortController(), new Error("full"))).catch(() => {});
  await once(path, {}, interrupted(new AbortController()));
  expect((await readdir(path)).sort()).toEqual(["out.txt", "results.json", "run.json"]);
  expect(await readFile(join(path, "run.json"), "utf8")).not.toContain("track");
});

test("a server gets settings of training alone, and how the run ended", async () => {
  const server = await mlflowServer();
  const path = await newFolder();
  const input = { tracking: { to: ["mlflow"], url: server.url, name: "mine" }, corpus: "embedded", seed: 7 };
  await once(path, input, interrupted(new AbortController(), new Error("full"))).catch(() => {});
  const [run] = server.runs.values();
  expect(run).toMatchObject({ name: "mine", status: "FAILED", params: { seed: "7", "ppo.queryTokens": "[2,10]" } });
  const groups = new Set(Object.keys(run.params).map((key) => key.split(".")[0]));
  expect([...groups].sort()).toEqual(["dictionaries", "layers", "ppo", "seed"]);
  await once(path, input, interrupted(new AbortController()));
  expect(run.status).toBe("FINISHED");
  expect(run.metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  await server.close();
});
