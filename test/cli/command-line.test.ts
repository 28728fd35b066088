import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { commandTable } from "../../src/cli/command-table.js";
import { presets } from "../../src/config/presets.js";
import { presetSets } from "../../src/pipeline/sweep/preset-sets.js";
import { writeOldRun } from "../support/old-run.js";
import { onlyCached, programs, start } from "../support/program.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
});

/** In an empty working folder, with no model or text of the reader's own cache, and none from the network. */
const started = (program: keyof typeof programs, args: readonly string[], env: Record<string, string> = {}) =>
  start(program, args, { cwd: folder, env: { ...onlyCached(join(folder, "hf")), ...env } });
const real = (...args: string[]) => started("rewardscope", args).ended;
const fake = (...args: string[]) => started("counting", args).ended;

const exists = (...names: string[]) => existsSync(join(folder, ...names));

test("--help lists all commands, and each has help of its own with an example", async () => {
  const { code, stdout } = await real("--help");
  expect(code).toBe(0);
  for (const { name } of commandTable) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  for (const name of ["run", "presets", "probe"]) {
    const help = await real(name, "--help");
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/--json/);
    expect(help.stdout).toMatch(new RegExp(`Example:\n {2}\\$ rewardscope ${name}`));
  }
});

test.each([
  [["frobnicate"], /unknown command 'frobnicate'/],
  [["run", "--frobnicate"], /unknown option '--frobnicate'/],
  [["probe"], /missing required argument 'run'/],
  [["run", "pythia-70"], /expected one of default, .*did you mean pythia-70m/],
  [["run", "--set", "model=./none"], /model\.name: expected a local folder in the Hub's layout/],
  [
    ["run", "pythia-70m", "--offline", "--set", "ppo.gamma=2"],
    /3 problems\n.*ppo\.gamma: .*\n {2}model\.name: .*main is not in the cache: looked for .*\n.*\n {2}corpus\.source: /,
  ],
  [
    ["sample", "EleutherAI/pythia-70m", "--offline"],
    /models--EleutherAI--pythia-70m\/refs\/main\n {2}help: .*--offline/,
  ],
  [["run", "missing.yaml"], /missing\.yaml: no such file/],
  [["run", "--resume"], /runs\/default\/run\.json: no such file\n.*not a run folder/],
  [["run", "--seeds", "1,1"], /1 problem\n {2}--seeds: expected different whole numbers .*received "1,1"/],
  [["run", "--seeds", "-1"], /--seeds: expected .* of at least 0, such as 1,2,3, received "-1"/],
  [["run", "--seeds", "1,2", "--set", "seed=3"], /--set seed: expected no value, since --seeds sets it, received 3/],
  [["run", "--resume", "--seeds", "1,2", "--out", "x"], /x\/plans\.json: no such file\n.*not a folder of several runs/],
  // What a later stage would end with.
  [["run", "--set", "ablation.newTokens=600"], /run: 1 problem\n {2}ablation\.newTokens: expected with .* 512 tokens/],
  [["run", "--dry-run", "--set", "ablation.newTokens=600"], /run: 1 problem\n {2}ablation\.newTokens: expected with/],
  [["run", "--seeds", "1,2", "--set", "ablation.newTokens=600"], /run: 1 problem\n {2}ablation\.newTokens: expected/],
  [["run", "--seeds", "1,2", "--dry-run", "--set", "ablation.newTokens=600"], /run: 1 problem\n {2}ablation\.newTo/],
  [["probe", "nowhere"], /nowhere\/run\.json: no such file/],
  [["presets", "defualt"], /did you mean default/],
])("bad input ends with 2, a message without stack, and nothing written: %j", async (args, message) => {
  const { code, stdout, stderr } = await real(...args);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ +at .*\.[jt]s:\d+/m);
  expect([code, stdout]).toEqual([2, ""]);
  expect(await readdir(folder)).toEqual([]);
});

test.runIf(process.platform !== "win32")("a reader that stops reading is no error", async () => {
  const program = `"${process.execPath}" "${programs.rewardscope[0]}" presets default`;
  const child = spawn("sh", ["-c", `${program} | true`], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  await new Promise((done) => child.on("close", done));
  expect(said).toBe("");
});

test("many wrong settings are reported at once", async () => {
  await writeFile(join(folder, "config.yaml"), "ppo:\n  batchsize: 3\n  gamma: 2\nsede: 1\nlayers:\n  choose: best\n");
  const args = ["run", "config.yaml", "--set", "probe.folds=x", "--set", "nonsense", "--base", "nowhere"];
  const { code, stderr } = await real(...args);
  expect(code).toBe(2);
  expect(stderr.trim().split("\n")).toEqual([
    "error: config.yaml: 8 problems",
    '  --set: expected group.field=value, received "nonsense"',
    "  ppo.gamma: expected a number of at most 1, received 2",
    "  ppo.batchsize: expected a known setting, received 3 (did you mean ppo.batchSize?)",
    '  layers.choose: expected one of highest, lowest, all, received "best"',
    '  probe.folds: expected a number, received "x"',
    "  sede: expected a known setting, received 1 (did you mean seed?)",
    "  model.tuned: expected a folder, since model.base is given, received nothing",
    expect.stringMatching(/^ {2}model\.base: expected a local folder .*"nowhere": not found$/),
  ]);
  expect(await readdir(folder)).toEqual(["config.yaml"]);
  const machine = await real(...args, "--json");
  expect(JSON.parse(machine.stderr).error).toMatchObject({ code: "INVALID_CONFIG", issues: { length: 8 } });
});

test("--verbose shows the stack", async () => {
  const { stderr } = await real("run", "nothing", "--verbose");
  expect(stderr).toMatch(/^ +at .*\.js:\d+/m);
});

test("a preset can be printed and run as a file", async () => {
  const { stdout } = await real("presets", "default");
  await writeFile(join(folder, "config.yaml"), stdout);
  const [preset, file] = await Promise.all([
    fake("run", "--dry-run", "--json", "--out", "x"),
    fake("run", "config.yaml", "--dry-run", "--json", "--out", "x"),
  ]);
  expect(preset.code).toBe(0);
  expect(file.stdout).toBe(preset.stdout);
  const names = (JSON.parse((await real("presets", "--json")).stdout) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(presets)));
});

test("a run, a dry run, a stage alone, and force", async () => {
  const dry = await fake("run", "--dry-run");
  expect(dry.stdout.split("\n")[0]).toBe("tune            runs: has not run");
  expect(await readdir(folder)).toEqual([]);

  const first = await fake("run");
  expect([first.code, first.stdout.trim()]).toEqual([0, "report       runs/default/report/index.html"]);
  expect(first.stderr).toMatch(/^\[1\/3\] counting for tune: done in \d+ s$/m);
  expect((await readdir(join(folder, "runs/default"))).sort()).toEqual([
    "match.txt",
    "probe.txt",
    "results.json",
    "run.json",
    "tune.txt",
  ]);

  const again = await fake("run");
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--resume to continue the run")]);

  const changed = await fake("run", "--resume", "--set", "probe.folds=9", "--dry-run");
  expect(changed.stdout).toBe(
    "tune            up to date\nmatch           up to date\nprobe           runs: its settings changed\n",
  );

  const probe = await fake("probe", "runs/default", "--set", "probe.folds=9", "--json");
  expect(JSON.parse(probe.stdout).stages.map(({ status }: { status: string }) => status)).toEqual([
    "done",
    "done",
    "done",
  ]);
  const record = JSON.parse(await readFile(join(folder, "runs/default/run.json"), "utf8"));
  expect(record.config.probe.folds).toBe(9);

  const forced = await fake("run", "--force", "match");
  expect(forced.stderr).toContain("counting for tune: up to date");
  expect(forced.stderr).toContain("[3/3] counting for probe: done");
  const wrong = await fake("run", "--force", "mtach");
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean match?")]);
});

test("a damaged run folder gives one message", async () => {
  await fake("run", "--out", "out");
  await writeFile(join(folder, "out", "run.json"), '{"config": {');
  for (const args of [
    ["run", "--resume", "--out", "out"],
    ["probe", "out"],
  ]) {
    const { code, stderr } = await fake(...args);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^error: out\/run\.json: expected JSON: .*\n {2}help: A damaged run cannot be continued: .*\n$/,
      ),
    ]);
  }
});

test("a folder of an older format gets its report, but no stage runs in it", async () => {
  await writeOldRun(join(folder, "old"));
  const refusals = await Promise.all([
    fake("run", "--resume", "--out", "old"),
    fake("run", "--resume", "--out", "old", "--dry-run"),
    fake("probe", "old"),
  ]);
  for (const { code, stderr } of refusals)
    expect([code, stderr]).toEqual([
      2,
      "error: rewardscope: 1 problem\n  old: expected run files of format 2 (its report and results can still be read; to run stages, begin a new folder with --out), received format 1\n",
    ]);
  const { code, stdout } = await fake("report", "old");
  expect([code, stdout]).toEqual([0, "old/report/index.html\n"]);
  expect(await readFile(join(folder, "old", "report", "index.html"), "utf8")).toContain(
    "fires on &quot; good&quot;, 1",
  );
  expect((await readdir(join(folder, "old"))).sort()).toEqual(["features.jsonl", "report", "results.json", "run.json"]);
});

/** Starts a run whose first stage takes longer than any test, and waits until it has made its first step. */
async function startSlowRun() {
  const run = started("counting", ["run", "--out", "out"], { FAKE_STEP_MS: "1000" });
  while (!exists("out", ".scratch-tune", "checkpoint.txt")) await sleep(50);
  return run;
}

test("Ctrl-C leaves a run that goes on where it was, to the same bytes", async () => {
  await fake("run", "--out", "whole");
  const { child, ended } = await startSlowRun();
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain("To continue: rewardscope run --resume --out out");
  expect(JSON.parse(await readFile(join(folder, "out/run.json"), "utf8")).stages.tune.status).toBe("pending");
  expect(exists("out", "run.lock")).toBe(false);
  const resumed = await fake("run", "--resume", "--out", "out");
  expect(resumed.stderr).toMatch(/tune begins at [1-9]/);
  for (const name of ["tune.txt", "match.txt", "probe.txt", "results.json"]) {
    expect(await readFile(join(folder, "out", name)), name).toEqual(await readFile(join(folder, "whole", name)));
  }
});

test("a folder at work is refused; after kill -9 the run goes on", async () => {
  const { child, ended } = await startSlowRun();
  const second = await fake("run", "--resume", "--out", "out");
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining(`out is in use by process ${child.pid}`)]);
  child.kill("SIGKILL");
  await ended;
  expect(exists("out", "run.lock")).toBe(true);
  const resumed = await fake("run", "--resume", "--out", "out");
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toMatch(/tune begins at [1-9]/);
});

test("several seeds: a run each, their own page, and no seed twice", async () => {
  const dry = await fake("run", "--seeds", "3,1", "--dry-run");
  expect(dry.stdout.split("\n").slice(0, 5)).toEqual([
    "runs/default-seeds/seed-3",
    "tune            runs: has not run",
    "match           runs: has not run",
    "probe           runs: has not run",
    "runs/default-seeds/seed-1",
  ]);
  expect(await readdir(folder)).toEqual([]);

  const [first] = await Promise.all([
    fake("run", "--seeds", "3,1", "--out", "out", "--json", "--set", "probe.folds=4"),
    fake("run", "--out", "alone", "--set", "seed=3", "--set", "probe.folds=4"),
  ]);
  const at = (...names: string[]) => expect.stringMatching(new RegExp(`^/.*/${join("out", ...names)}$`));
  expect([first.code, JSON.parse(first.stdout)]).toEqual([
    0,
    {
      folder: at(),
      results: at("seeds.json"),
      report: at("report", "index.html"),
      runs: [
        { seed: 3, folder: at("seed-3") },
        { seed: 1, folder: at("seed-1") },
      ],
    },
  ]);
  expect((await readdir(join(folder, "out"))).sort()).toEqual([
    ...["plans.json", "report", "seed-1", "seed-3", "seeds.json"],
  ]);
  const tuned = (...names: string[]) => readFile(join(folder, ...names, "tune.txt"), "utf8");
  expect(await tuned("out", "seed-3")).toBe(await tuned("alone"));
  expect(await tuned("out", "seed-1")).not.toBe(await tuned("alone"));

  const [more, again, single] = await Promise.all([
    fake("run", "--resume", "--seeds", "3,1,5", "--out", "out", "--dry-run", "--json"),
    fake("run", "--seeds", "3,1", "--out", "out"),
    fake("run", "--resume", "--seeds", "3,1", "--out", "alone"),
  ]);
  const plans = JSON.parse(more.stdout).runs.map(
    ({ config, stages }: { config: { seed: number; probe: { folds: number } }; stages: { runs: boolean }[] }) => [
      config.seed,
      config.probe.folds,
      stages.some(({ runs }) => runs),
    ],
  );
  expect(plans).toEqual([
    [3, 4, false],
    [1, 4, false],
    [5, 4, true],
  ]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("--resume to continue the runs in it")]);
  expect([single.code, single.stderr]).toEqual([2, expect.stringContaining("alone, which holds a single run")]);
});

test("Ctrl-C among several seeds: the unfinished one goes on, the finished ones stay as they are", async () => {
  await fake("run", "--seeds", "1", "--out", "out");
  const args = ["run", "--resume", "--seeds", "1,2,3", "--out", "out"];
  const { child, ended } = started("counting", args, { FAKE_STEP_MS: "1000" });
  while (!exists("out", "seed-2", ".scratch-tune", "checkpoint.txt")) await sleep(50);
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain("To continue: rewardscope run --resume --seeds 1,2,3 --out out");
  expect([exists("out", "run.lock"), exists("out", "seed-3")]).toEqual([false, false]);
  const resumed = await fake(...args);
  expect(resumed.code).toBe(0);
  const [, first, second, third] = resumed.stderr.split(/^Seed \d .*\n/m);
  expect(first).toBe(["tune", "match", "probe"].map((name) => `counting for ${name}: up to date\n`).join(""));
  expect(second).toMatch(/tune begins at [1-9]/);
  expect(third).toMatch(/tune begins at 0/);
  expect(resumed.stdout.trim()).toBe("seeds        1, 2, 3\nreport       out/report/index.html");
});

test("each of several runs can be made by itself, and what they have in common written later", async () => {
  await fake("run", "--seeds", "1,2", "--out", "whole", "--set", "probe.folds=4");
  // Another machine has the plans alone.
  await mkdir(join(folder, "out"));
  await copyFile(join(folder, "whole/plans.json"), join(folder, "out/plans.json"));
  const dry = await fake("run", "--resume", "--out", "out/seed-2", "--dry-run", "--json");
  expect(JSON.parse(dry.stdout).config).toMatchObject({ seed: 2, probe: { folds: 4 } });
  const second = await fake("run", "--resume", "--out", "out/seed-2");
  expect([second.code, second.stdout.trim()]).toEqual([0, "report       out/seed-2/report/index.html"]);
  const early = await fake("report", "out");
  expect([early.code, early.stderr]).toEqual([
    1,
    "error: 1 of 2 runs are missing: out/seed-1\n  help: Run them first: rewardscope run --resume --out out/seed-1\n",
  ]);
  expect((await fake("run", "--resume", "--out", "out/seed-1")).code).toBe(0);
  const collected = await fake("report", "out");
  expect([collected.code, collected.stdout.trim()]).toEqual([
    0,
    "seeds        1, 2\nreport       out/report/index.html",
  ]);
  for (const name of ["plans.json", "seeds.json", "seed-1/results.json", "seed-2/tune.txt"])
    expect(await readFile(join(folder, "out", name), "utf8"), name).toBe(
      await readFile(join(folder, "whole", name), "utf8"),
    );
  const none = await fake("run", "--resume", "--out", "out/seed-3");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("out/seed-3 is not a run folder")]);
});

test("a set of presets is planned without a measurement, and not among the runs of seeds", async () => {
  const { code, stdout, stderr } = await fake("run", "paper", "--dry-run");
  expect(code).toBe(0);
  const runs = stdout.split("\n").filter((line) => line.startsWith("runs/"));
  expect(runs).toEqual(presetSets.paper.presets.map((preset) => `runs/paper/${preset}`));
  expect(stdout).not.toContain("about");
  expect(stderr).toContain('a run would download it: model.name "EleutherAI/pythia-160m"\n');
  expect(stderr).not.toContain("measuring");
  expect(await readdir(folder)).toEqual([]);
  await fake("run", "--seeds", "1", "--out", "out");
  const mixed = await fake("run", "paper", "--resume", "--out", "out");
  expect([mixed.code, mixed.stderr]).toEqual([
    2,
    expect.stringContaining("a folder for the runs of paper, received out, which holds the runs of several seeds"),
  ]);
});
