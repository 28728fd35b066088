/**
 * Runs of the program killed at random moments: resumed, they come to the same bytes. Three times by
 * default, fifty times where REWARDSCOPE_FAULTS is `full`.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Rng } from "../../src/rng.js";
import { mutationCount } from "../support/mutations.js";
import { start } from "../support/program.js";
import { contents, differences, writeInputs } from "../support/whole-run.js";

const MINUTES = 60_000;

let folder: string;
/** Each run is made at the same path, since dictionaries name their model by its own. */
let out: string;
let args: string[];
let files: Record<string, Buffer>;
/** Milliseconds that the whole run took. */
let whole: number;

/** All but what times stand in: run.json and the report. */
async function withoutTimes(): Promise<Record<string, Buffer>> {
  const all = await contents(out);
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== "run.json" && !name.startsWith("report/")));
}

/** The stage at which a killed run was, as run.json has it. */
async function stageUnderWay(): Promise<string> {
  const text = await readFile(join(out, "run.json"), "utf8").catch(() => '{"stages": {}}');
  const { stages } = JSON.parse(text) as { stages: Record<string, { status: string }> };
  return Object.keys(stages).find((name) => stages[name].status === "running") ?? "none";
}

const run = () => start("rewardscope", existsSync(join(out, "run.json")) ? ["run", "--resume", "--out", out] : args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-kills-"));
  out = join(folder, "out");
  args = ["run", "default", "--out", out, ...(await writeInputs(folder))];
  const begin = performance.now();
  const { code, stderr } = await run().ended;
  expect(code, stderr).toBe(0);
  whole = performance.now() - begin;
  files = await withoutTimes();
}, 20 * MINUTES);
afterAll(() => rm(folder, { recursive: true }));

test("killed at random moments and resumed, a run comes to the same bytes", { timeout: 120 * MINUTES }, async () => {
  const kills = mutationCount(3, 50);
  const rng = Rng.fromSeed(9, "kills");
  const stages = new Map<string, number>();
  let killed = 0;
  while (killed < kills) {
    await rm(out, { recursive: true, force: true });
    const moments: number[] = [];
    // Every run is killed at least once, some of them again while they go on.
    for (let isKilled = true; isKilled && killed < kills; ) {
      const { child, ended } = run();
      const moment = Math.round(rng.uniform() * whole);
      moments.push(moment);
      await Promise.race([setTimeout(moment, undefined, { ref: false }), ended]);
      isKilled = child.kill("SIGKILL");
      await ended;
      if (!isKilled) break;
      killed++;
      const stage = await stageUnderWay();
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
    }
    const what = `kill ${killed}, after ${moments.join(", ")} ms of about ${Math.round(whole)}`;
    const { code, stderr } = await run().ended;
    expect(code, `${what}\n${stderr}`).toBe(0);
    expect(differences(await withoutTimes(), files), `${what}\n${stderr}`).toEqual([]);
  }
  console.log(`${killed} kills at random moments, in ${JSON.stringify(Object.fromEntries(stages))}`);
});
