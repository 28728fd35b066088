import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, RunError } from "../../errors.js";
import { silentObserver } from "../run/observer.js";
import type { Stage } from "../run/stage.js";
import { collect } from "./collect.js";
import { readPlans, writePlans } from "./plans-file.js";
import { begunPlans, runOne, runPlans } from "./run-plans.js";
import { plansOfSeeds, seedFolder } from "./seeds.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plans-"));
});
afterEach(() => rm(folder, { recursive: true }));

const list = plansOfSeeds(parseConfig({}, "test"), [4, 9]);
const { signal } = new AbortController();

const nothing = {
  distinctPositives: 0,
  distinctNegatives: 0,
  distinctNeutrals: 0,
  largestNegativeShare: 0,
  largestNeutralShare: 0,
  samples: [],
};

/** Draws one number, unless the seed is `failing`. */
function drawing(failing?: number): Stage {
  return {
    name: "triples",
    title: "drawing",
    needs: [],
    settings: () => ({}),
    outputs: ["number.txt"],
    async run({ config, scratch, rng, writeResults }) {
      if (config.seed === failing) throw new Error("as it was told");
      const number = rng("number").uniform();
      await writeFile(join(scratch, "number.txt"), String(number));
      await writeResults("triples", { ...nothing, triples: number });
    },
  };
}

const options = (more: { resume?: boolean; failing?: number } = {}) => ({
  stages: [drawing(more.failing)],
  observer: silentObserver,
  signal,
  clock: () => new Date(0),
  resume: more.resume,
});

const collected = (at: string) =>
  collect(at, {
    signal,
    writeReport: async (path) => {
      await writeFile(join(path, "page.html"), "all runs");
      return join(path, "page.html");
    },
  });

describe("runPlans", () => {
  it("makes all runs; the same plans made one by one elsewhere come to the same", async () => {
    const [here, there] = [join(folder, "here"), join(folder, "there")];
    await runPlans(here, list, options());
    expect(await readPlans(here)).toEqual(list);
    const { seeds, report } = await collected(here);
    const drawn = await Promise.all(
      [4, 9].map(async (seed) => Number(await readFile(join(seedFolder(here, seed), "number.txt"), "utf8"))),
    );
    expect(drawn[0]).not.toBe(drawn[1]);
    expect(seeds?.figures.find(({ path }) => path.join() === "triples,triples")?.values).toEqual(drawn);
    expect(report).toBe(join(here, "page.html"));

    await writePlans(there, list);
    for (const plan of [...list.plans].reverse()) {
      await runOne(join(folder, "machine", plan.name), plan, options());
      await rename(join(folder, "machine", plan.name), join(there, plan.name));
    }
    expect((await collected(there)).seeds).toEqual(seeds);
    expect(await readFile(join(there, "seeds.json"))).toEqual(await readFile(join(here, "seeds.json")));
  });

  it("ends at a run that fails, and goes on there", async () => {
    await expect(runPlans(folder, list, options({ failing: 9 }))).rejects.toThrow(/triples failed: as it was told/);
    const first = await readFile(join(seedFolder(folder, 4), "run.json"), "utf8");
    expect([JSON.parse(first).stages.triples.status, existsSync(join(folder, "run.lock"))]).toEqual(["done", false]);
    await expect(runPlans(folder, list, options())).rejects.toThrow(/--resume to continue the runs in it/);
    await runPlans(folder, list, options({ resume: true }));
    expect(existsSync(join(seedFolder(folder, 9), "number.txt"))).toBe(true);
  });
});

describe("collect", () => {
  it("names runs that are missing, and writes nothing then", async () => {
    await writePlans(folder, list);
    await runOne(seedFolder(folder, 9), list.plans[1], options());
    await expect(collected(folder)).rejects.toThrow(RunError);
    await expect(collected(folder)).rejects.toThrow(
      /1 of 2 runs are missing: .*seed-4\n {2}help: Run them first: .*seed-4/,
    );
    expect([existsSync(join(folder, "seeds.json")), existsSync(join(folder, "page.html"))]).toEqual([false, false]);
  });

  it("names what of a run is not as its stage left it", async () => {
    await runPlans(folder, list, options());
    const file = join(seedFolder(folder, 9), "results.json");
    await writeFile(file, (await readFile(file, "utf8")).replace(/"triples": \d/, '"triples": 9'));
    await expect(collected(folder)).rejects.toThrow(
      /seed-9.results\.json: not as it was written: section triples of results\.json was changed.*\n.*runs again: triples/,
    );
    expect(existsSync(join(folder, "seeds.json"))).toBe(false);
  });

  it("takes runs of an earlier version, which have no plans", async () => {
    for (const plan of list.plans) await runOne(join(folder, plan.name), plan, options());
    const { seeds } = await collected(folder);
    expect(seeds?.seeds).toEqual([4, 9]);
    expect(await readPlans(folder)).toEqual(list);
  });
});

describe("begunPlans", () => {
  it("takes a new or empty folder, and where runs are gone on with one that has such runs", async () => {
    expect(await begunPlans(join(folder, "new"), list, false)).toBeUndefined();
    expect(await begunPlans(folder, list, true)).toBeUndefined();
    await writePlans(folder, list);
    expect(await begunPlans(folder, list, true)).toEqual(list);
    await expect(begunPlans(folder, list, false)).rejects.toThrow(
      /--resume to continue the runs in it, received .*, which holds the runs of several seeds/,
    );
    await expect(begunPlans(folder, { kind: "presets", set: "paper" }, true)).rejects.toThrow(
      /a folder for the runs of paper, received .*, which holds the runs of several seeds/,
    );
  });

  it("refuses a single run, a file, and a folder of other things", async () => {
    await writeFile(join(folder, "notes.txt"), "");
    await expect(begunPlans(folder, list, false)).rejects.toThrow(/holds other files/);
    await expect(begunPlans(join(folder, "notes.txt"), list, false)).rejects.toThrow(/which is a file/);
    await mkdir(join(folder, "run"));
    await writeFile(join(folder, "run", "run.json"), "{}");
    for (const resumes of [false, true])
      await expect(begunPlans(join(folder, "run"), list, resumes)).rejects.toThrow(/holds a single run/);
    await expect(begunPlans(join(folder, "run"), list, true)).rejects.toThrow(ConfigError);
  });
});
