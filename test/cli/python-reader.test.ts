/** python/rewardscope_run.py reads a run folder with Python's standard library. */
import { spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFeatures } from "../../src/results/features.js";
import { writePlayableRun } from "../support/playable-run.js";

const python = (code: string, ...args: string[]) =>
  spawnSync("python3", ["-c", `import json, sys\nfrom rewardscope_run import Run, RunError\n${code}`, ...args], {
    encoding: "utf8",
    cwd: resolve(import.meta.dirname, "../../python"),
  });
const without = python("").status !== 0;

const notebooks = resolve(import.meta.dirname, "../../examples/notebooks");

describe.each((await readdir(notebooks)).filter((name) => name.endsWith(".ipynb")))("the notebook %s", (name) => {
  interface Cell {
    cell_type: string;
    source: string[];
    outputs?: unknown[];
  }
  let cells: Cell[];
  beforeAll(async () => {
    cells = (JSON.parse(await readFile(join(notebooks, name), "utf8")) as { cells: Cell[] }).cells;
  });

  test("is kept without outputs, which are of one run", () => {
    expect(cells.flatMap(({ outputs = [] }) => outputs)).toEqual([]);
  });

  // What needs pandas is executed by `npm run test:peers`.
  test.skipIf(without)("has code that compiles", () => {
    const code = cells.filter((cell) => cell.cell_type === "code").map(({ source }) => source.join(""));
    const { stderr, status } = python("compile(sys.argv[1], 'notebook', 'exec')", code.join("\n"));
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe.skipIf(without)("the Python reader of run folders (skipped without python3)", () => {
  let folder: string;
  let run: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rewardscope-python-"));
    run = await writePlayableRun(folder, "one");
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("gives configuration, results and the rows of tables", async () => {
    const { stdout, stderr } = python(
      `run = Run(sys.argv[1])
print(json.dumps([run.names, run.config["ppo"]["batchSize"], run.results["dictionaries"], run.rows("features")]))`,
      run,
    );
    expect(stderr).toBe("");
    const [names, batchSize, dictionaries, features] = JSON.parse(stdout);
    expect(names).toEqual(["features", "labels", "tuning/metrics"]);
    expect(batchSize).toBe(64);
    expect(dictionaries).toMatchObject({ tokenVisits: 100, l1Coef: 0.006 });
    const own = await readFeatures(run);
    expect(features).toHaveLength(own.length);
    expect(features[4]).toMatchObject({ model: own[4].model, explanation: own[4].explanation, maxActivation: 3 });
  });

  test("refuses a changed file, an unknown table and a folder that is no run, each by name", async () => {
    await appendFile(join(run, "features.jsonl"), "\n");
    const told = python(
      `for name, folder in [("features", sys.argv[1]), ("words", sys.argv[1]), ("features", sys.argv[2])]:
    try:
        Run(folder).rows(name)
    except RunError as error:
        print(error)
print(len(Run(sys.argv[1], check=False).rows("features")))`,
      ...[run, folder],
    ).stdout.split("\n");
    expect(told[0]).toContain("features.jsonl: was changed after its stage wrote it");
    expect(told[1]).toContain("has no table words; it has features, labels, tuning/metrics");
    expect(told[2]).toContain("run.json: no such file");
    expect(told[3]).toBe("6");
  });
});
