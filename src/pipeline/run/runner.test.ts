import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { changeJson, copyOfModel } from "../../../test/support/model-folder.js";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, FormatError, InternalError, RunError } from "../../errors.js";
import { sha256Text } from "../../io/hash.js";
import { readResults, readSections } from "../../results/results.js";
import { resolveInputs } from "./hub-inputs.js";
import { type RunObserver, silentObserver } from "./observer.js";
import { RunFolder } from "./run-folder.js";
import { readRunRecord } from "./run-record.js";
import { type RunOptions, runStages } from "./runner.js";
import type { Stage, StageContext } from "./stage.js";

const config = parseConfig({}, "test");
let path: string;
let ran: string[];

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "rewardscope-")), "run");
  ran = [];
});

/** Writes a file with its input and a random number. */
function fake(name: string, needs: string[], settings: Stage["settings"], body?: Stage["run"]): Stage {
  return {
    name,
    title: name,
    needs,
    settings,
    outputs: [`${name}/out.txt`],
    async run(context) {
      ran.push(name);
      await body?.(context);
      const read = await Promise.all(needs.map((need) => readFile(join(context.folder, need, "out.txt"), "utf8")));
      await mkdir(join(context.scratch, name));
      await writeFile(join(context.scratch, name, "out.txt"), `${name} ${context.rng("number").uniform()} <- ${read}`);
    },
  };
}

const nothing = { value: 0, low: 0, high: 0, n: 1, unit: "prompt" as const };
const pair = { base: nothing, tuned: nothing };
const tuned = (batches: number) => ({
  ...{ batches, promptTokens: 1, newTokens: 1, distinct2: { base: 0, tuned: 0 }, basePerplexity: pair, kl: nothing },
  ...{ reward: { ...pair, difference: nothing }, completionReward: { ...pair, difference: nothing } },
});
const probed = { models: [], tauDifference: [], controls: [], paperWords: [] };

const tune = fake(
  "tune",
  [],
  ({ ppo }) => ppo,
  ({ writeResults }) => writeResults("tune", tuned(7)),
);
const match = fake("match", ["tune"], ({ dictionaries }) => dictionaries);
const probe = fake(
  "probe",
  ["match"],
  ({ probe }) => probe,
  ({ writeResults }) => writeResults("probe", probed),
);
const triples = fake("triples", [], ({ triples }) => triples);
const stages = [tune, match, triples, probe];

async function run(options: Partial<RunOptions> & { config?: typeof config } = {}): Promise<string[]> {
  ran = [];
  const { config: wanted = config, ...rest } = options;
  const folder = existsSync(path) ? await RunFolder.open(path, wanted) : await RunFolder.create(path, wanted);
  const signal = new AbortController().signal;
  try {
    await runStages(folder, { stages, observer: silentObserver, signal, clock: () => new Date(0), ...rest });
  } finally {
    await folder.release();
  }
  return ran;
}

async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => !file.endsWith("run.json"));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file.slice(path.length), await readFile(file, "utf8")])),
  );
}

const status = async () =>
  Object.fromEntries(Object.entries((await readRunRecord(path)).stages).map(([name, stage]) => [name, stage.status]));

test("all stages run in order, and run.json tells", async () => {
  expect(await run()).toEqual(["tune", "match", "triples", "probe"]);
  const record = await readRunRecord(path);
  expect(record.config).toEqual(config);
  expect(record.versions).toMatchObject({ rewardscope: expect.any(String), node: process.versions.node });
  expect(record.stages.probe).toMatchObject({ status: "done", seconds: 0, startedAt: "1970-01-01T00:00:00.000Z" });
  expect(record.stages.probe.inputs).toEqual({ ...record.inputs, match: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await readResults(path)).toEqual({ tune: tuned(7), probe: probed });
  expect(Object.keys(await contents())).toEqual([
    "/match/out.txt",
    "/probe/out.txt",
    "/results.json",
    "/triples/out.txt",
    "/tune/out.txt",
  ]);
});

test("what did not change is not run again; a changed setting reruns its stage and all that follow", async () => {
  await run();
  expect(await run()).toEqual([]);
  expect(await run({ config: { ...config, probe: { ...config.probe, folds: 7 } } })).toEqual(["probe"]);
  expect(await run()).toEqual(["probe"]);
  expect(await run({ config: { ...config, dictionaries: { ...config.dictionaries, epochs: 1 } } })).toEqual([
    "match",
    "probe",
  ]);
  expect(await run({ config: { ...config, seed: 1 } })).toEqual(["tune", "match", "triples", "probe"]);
});

/** Flips the last bit of a file. */
async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1] ^= 1;
  await writeFile(file, bytes);
}

async function replace(file: string, from: string, to: string): Promise<void> {
  await writeFile(file, (await readFile(file, "utf8")).replace(from, to));
}

/** The stages that run again and their log lines; afterwards all is as before. */
async function mended(options: Partial<RunOptions> = {}): Promise<{ ran: string[]; lines: string[] }> {
  const lines: string[] = [];
  const observer: RunObserver = { ...silentObserver, log: (line) => void lines.push(line) };
  return { ran: await run({ observer, ...options }), lines };
}

test("run.json has size and hash of what each stage wrote", async () => {
  await run();
  const { stages } = await readRunRecord(path);
  const text = await readFile(join(path, "match", "out.txt"), "utf8");
  expect(stages.match).toMatchObject({
    outputs: { "match/out.txt": { bytes: text.length, sha256: sha256Text(text) } },
    sections: {},
  });
  expect(stages.tune.sections).toEqual({ tune: sha256Text(JSON.stringify(tuned(7))) });
});

const middle = "match/out.txt";
test.each<[string, string, (file: string) => Promise<void>, RegExp, string[]]>([
  ["gone", middle, (file) => rm(file), /match\/out\.txt is missing, expected \d+ bytes$/, ["match", "probe"]],
  ["gone with its folder", middle, (file) => rm(dirname(file), { recursive: true }), /is missing/, ["match", "probe"]],
  ["longer", middle, (file) => appendFile(file, "x"), /has \d+ bytes, expected \d+ bytes$/, ["match", "probe"]],
  ["empty", middle, (file) => truncate(file), /has 0 bytes, expected \d+ bytes$/, ["match", "probe"]],
  ["a folder", middle, (file) => rm(file).then(() => mkdir(file)), /is not a file/, ["match", "probe"]],
  [
    "changed",
    middle,
    flip,
    /was changed: its SHA-256 is [0-9a-f]{16}\.\.\., expected [0-9a-f]{16}\.\.\.$/,
    ["match", "probe"],
  ],
  ["of the last stage", "probe/out.txt", flip, /^probe runs again: probe\/out\.txt was changed/, ["probe"]],
  [
    "results.json gone",
    "results.json",
    (file) => rm(file),
    /section tune of results\.json is missing$/,
    ["tune", "match", "probe"],
  ],
  [
    "results.json cut",
    "results.json",
    (file) => truncate(file, 30),
    /section tune of results\.json cannot be read \(.*expected JSON/,
    ["tune", "match", "probe"],
  ],
  [
    "results.json of other numbers",
    "results.json",
    (file) => replace(file, '"batches": 7', '"batches": 8'),
    /section tune of results\.json was changed: /,
    ["tune", "match", "probe"],
  ],
  [
    "results.json with another name",
    "results.json",
    (file) => replace(file, '"probe"', '"prube"'),
    /section probe of results\.json is missing/,
    ["probe"],
  ],
])(
  "what is damaged is named, and its stage and what follows run again: %s",
  async (what, name, damage, said, again) => {
    await run();
    const whole = await contents();
    await damage(join(path, name));
    if (again[0] !== "probe") {
      const alone = await run({ only: "probe" }).catch((error: unknown) => error);
      expect(alone).toBeInstanceOf(ConfigError);
      expect((alone as ConfigError).issues[0]).toMatchObject({
        path: again[0],
        expected: expect.stringContaining("rewardscope run --resume"),
        received: expect.stringMatching(said),
      });
    }
    const found = await mended();
    expect(found.ran).toEqual(again);
    expect(found.lines[0]).toMatch(new RegExp(`^${again[0]} runs again: `));
    expect(found.lines[0]).toMatch(said);
    // Without results.json, probe has lost a section too.
    const following = ["results.json gone", "results.json cut"].includes(what) ? ["match"] : again.slice(1);
    if (following.length > 0) expect(found.lines).toContain(`${following.join(", ")}: run again, since they follow`);
    expect(await contents()).toEqual(whole);
    expect(await mended()).toEqual({ ran: [], lines: [] });
  },
);

test("what a stage reads is looked at again before it, if the run goes on for long", async () => {
  const careless = fake("triples", [], triples.settings, () => flip(join(path, "match", "out.txt")));
  const failure = run({ stages: [tune, match, careless, probe] });
  await expect(failure).rejects.toThrow(FormatError);
  await expect(failure).rejects.toThrow(
    /match\/out\.txt: not as it was written: match\/out\.txt was changed: .*\n +help: rewardscope run --resume --out .* runs again: match, and what follows/,
  );
  const slow = fake("triples", [], triples.settings, () => replace(join(path, "results.json"), ": 7", ": 9"));
  await expect(run({ stages: [tune, match, slow, probe], force: "triples" })).rejects.toThrow(
    /results\.json: not as it was written: section tune of results\.json was changed/,
  );
  expect(await run()).toEqual(["tune", "match", "probe"]);
});

test("a stage alone looks at what it reads, and at nothing else", async () => {
  await run();
  await flip(join(path, "probe", "out.txt"));
  expect(await run({ only: "match" })).toEqual([]);
  expect(await mended()).toMatchObject({ ran: ["probe"] });
});

test("what belongs to another stage does not count among the files of a folder", async () => {
  const inside: Stage = {
    ...fake("inner", ["tune"], () => 1),
    outputs: ["tune/inner.txt"],
    run: async ({ scratch, folder }) => {
      ran.push("inner");
      await mkdir(join(scratch, "tune"), { recursive: true });
      await writeFile(join(scratch, "tune", "inner.txt"), await readFile(join(folder, "tune", "out.txt")));
    },
  };
  const folderOfTune: Stage = { ...tune, outputs: ["tune"] };
  const own = { stages: [folderOfTune, inside] };
  expect(await run(own)).toEqual(["tune", "inner"]);
  expect(await run(own)).toEqual([]);
  const { stages } = await readRunRecord(path);
  expect([stages.tune, stages.inner].map(({ outputs }) => Object.keys(outputs!))).toEqual([
    ["tune/out.txt"],
    ["tune/inner.txt"],
  ]);
  await flip(join(path, "tune", "inner.txt"));
  expect(await run(own)).toEqual(["inner"]);
});

test("scratch of a stage that was killed when it was done is removed", async () => {
  await run();
  await mkdir(join(path, ".scratch-match", "left"), { recursive: true });
  expect(await run()).toEqual([]);
  expect(existsSync(join(path, ".scratch-match"))).toBe(false);
});

test("a changed input file makes all run", async () => {
  const corpus = join(path, "..", "corpus.txt");
  const wanted = { ...config, corpus: { ...config.corpus, source: corpus } };
  await writeFile(corpus, "one");
  await run({ config: wanted });
  expect(await run({ config: wanted })).toEqual([]);
  await writeFile(corpus, "two");
  expect(await run({ config: wanted })).toEqual(["tune", "match", "triples", "probe"]);
});

test("a changed file of the reward makes those run that use it", async () => {
  const [module, lexicon] = [join(path, "..", "reward.mjs"), join(path, "..", "words.txt")];
  const wanted = { ...config, reward: { ...config.reward, name: module, lexicon } };
  const rewarded = fake("tune", [], ({ reward }) => ({ reward }));
  const worded = fake("triples", [], ({ reward }) => ({ reward: { lexicon: reward.lexicon } }));
  const own = { stages: [rewarded, worded, fake("match", [], ({ features }) => ({ features }))], config: wanted };
  await writeFile(module, "one");
  await writeFile(lexicon, "one");
  expect(await run(own)).toEqual(["tune", "triples", "match"]);
  expect(await run(own)).toEqual([]);
  await writeFile(module, "two");
  expect(await run(own)).toEqual(["tune"]);
  await writeFile(lexicon, "two");
  expect(await run(own)).toEqual(["tune", "triples"]);
});

test("a section of results.json that was damaged is written again by force", async () => {
  await run();
  const whole = await contents();
  await writeFile(join(path, "results.json"), JSON.stringify({ tune: tuned(7), probe: { models: 3 } }));
  await expect(run({ force: "match" })).resolves.toEqual(["match", "probe"]);
  expect(await contents()).toEqual(whole);
});

test("force reruns a stage and all that follow, to the same bytes", async () => {
  await run();
  const before = await contents();
  expect(await run({ force: "match" })).toEqual(["match", "probe"]);
  expect(await contents()).toEqual(before);
  await expect(run({ force: "matsch" })).rejects.toThrow(/did you mean match/);
});

test("one stage alone: what it needs must be done, what follows is out of date", async () => {
  await expect(run({ only: "match" })).rejects.toThrow(/tune: expected up to date .*received has not run/);
  await run();
  expect(await run({ only: "match" })).toEqual([]);
  expect(await run({ only: "match", force: "match" })).toEqual(["match"]);
  expect(await status()).toEqual({ tune: "done", match: "done", triples: "done", probe: "pending" });
  expect(await readResults(path)).toEqual({ tune: tuned(7) });
  // Outputs that followed from the earlier ones were removed with them.
  expect(Object.keys(await contents())).toEqual([
    "/match/out.txt",
    "/results.json",
    "/triples/out.txt",
    "/tune/out.txt",
  ]);
  const changed = { ...config, ppo: { ...config.ppo, gamma: 0.5 } };
  await expect(run({ only: "match", config: changed })).rejects.toThrow(/received its settings changed/);
  expect(await run()).toEqual(["probe"]);
});

test("a failed stage says so, and is taken up again", async () => {
  const broken = fake("match", ["tune"], match.settings, () => Promise.reject(new Error("no space left\nmore")));
  const failure = run({ stages: [tune, broken, triples, probe] });
  await expect(failure).rejects.toThrow(RunError);
  await expect(failure).rejects.toThrow("stage match failed: no space left");
  expect((await readRunRecord(path)).stages.match).toMatchObject({ status: "failed", error: "no space left" });
  expect(await run()).toEqual(["match", "triples", "probe"]);
});

/** Counts to 5 with a checkpoint in scratch after each step, and stops itself once. */
function counting(stop: (context: StageContext) => void): Stage {
  return {
    ...tune,
    async run({ folder, scratch, rng, signal, writeResults }) {
      const checkpoint = join(scratch, "checkpoint.json");
      const state = existsSync(checkpoint) ? JSON.parse(await readFile(checkpoint, "utf8")) : { step: 0, sum: 0 };
      ran.push(`tune from ${state.step}`);
      const draws = Array.from({ length: 5 }, (_, i) => rng(`step ${i}`).uniform());
      await mkdir(join(folder, "tune"), { recursive: true });
      for (; state.step < 5; state.step++) {
        if (state.step === 3 && !existsSync(checkpoint)) throw new Error("no checkpoint");
        if (state.step === 3) stop({ signal } as StageContext);
        signal.throwIfAborted();
        state.sum += draws[state.step];
        await appendFile(join(folder, "tune", "out.txt"), `${state.step} ${state.sum}\n`);
        await writeFile(checkpoint, JSON.stringify({ step: state.step + 1, sum: state.sum }));
      }
      await writeResults("tune", tuned(state.step));
    },
  };
}

test("a stopped run goes on from its checkpoint, to the bytes of an undisturbed one", async () => {
  const undisturbed = [counting(() => {}), match, triples, probe];
  await run({ stages: undisturbed });
  const expected = await contents();
  path = join(path, "..", "second");

  const controller = new AbortController();
  const stopped = run({ stages: [counting(() => controller.abort()), match], signal: controller.signal });
  await expect(stopped).rejects.toThrow(/aborted/);
  expect(await status()).toEqual({ tune: "pending", match: "pending" });
  expect(await run({ stages: undisturbed })).toEqual(["tune from 3", "match", "triples", "probe"]);
  expect(await contents()).toEqual(expected);
});

test("a stopped stage begins anew when its settings changed", async () => {
  const controller = new AbortController();
  await expect(run({ stages: [counting(() => controller.abort())], signal: controller.signal })).rejects.toThrow();
  const changed = { ...config, ppo: { ...config.ppo, gamma: 0.5 } };
  expect(await run({ stages: [counting(() => {})], config: changed })).toEqual(["tune from 0"]);
  expect((await readFile(join(path, "tune", "out.txt"), "utf8")).split("\n")).toHaveLength(6);
});

test("what comes from the Hub: a stage sees its commit; one that reads no inputs runs where they are not at hand", async () => {
  vi.stubEnv("HF_HOME", join(path, "..", "hf"));
  const sha = "1".repeat(40);
  const wanted = { ...config, model: { name: "made-up/tiny@v1" } };
  const pins = { "model.name": { id: "made-up/tiny", revision: "v1", sha } };
  let seen: string | undefined;
  const card = fake(
    "tune",
    [],
    ({ model }) => model,
    async (context) => {
      seen = context.config.model.name;
    },
  );
  const options = { config: wanted, inputs: await resolveInputs(wanted, pins, { offline: true }) };
  await expect(run({ ...options, stages: [card] })).rejects.toThrow(
    /model\.name: .*"made-up\/tiny@v1": config\.json, tokenizer\.json, model\.safetensors are not in the cache: looked for .*1{40}/,
  );
  expect(await run({ ...options, stages: [{ ...card, readsInputs: false }] })).toEqual(["tune"]);
  expect(seen).toBe(`made-up/tiny@${sha}`);
  const record = await readRunRecord(path);
  expect([record.config.model.name, record.inputs["model.name"], record.hub]).toEqual(["made-up/tiny@v1", sha, pins]);
  vi.unstubAllEnvs();
});

test("a stage that does not apply is left out, for those that need it too", async () => {
  const optional: Stage = { ...tune, applies: ({ model }) => model.tuned === undefined };
  const reader = fake("match", [], match.settings);
  const withPair = { ...config, model: { ...config.model, base: "base", tuned: "tuned" } };
  withPair.model.base = copyOfModel("neox-tied");
  withPair.model.tuned = copyOfModel("neox-tied");
  expect(await run({ stages: [optional, { ...reader, needs: ["tune"] }], config: withPair })).toEqual(["match"]);
  expect(Object.keys(await status())).toEqual(["match"]);
  await expect(run({ stages: [optional, reader], config: withPair, only: "tune" })).rejects.toThrow(
    /a stage that this configuration has: match/,
  );
});

test("the section of a stage that no longer applies goes", async () => {
  const optional: Stage = { ...tune, applies: ({ probe }) => probe.folds === 5 };
  const reader = fake("match", [], match.settings);
  expect(await run({ stages: [optional, reader] })).toEqual(["tune", "match"]);
  expect(await readSections(path)).toEqual({ tune: tuned(7) });
  const without = { ...config, probe: { ...config.probe, folds: 7 } };
  await run({ stages: [optional, reader], config: without });
  expect(await readSections(path)).toEqual({});
  expect(Object.keys(await status())).toEqual(["match"]);
});

test("a stage with another's section writes it, draws from its streams, and it is cleared with either", async () => {
  const draws: number[] = [];
  const drawing: Stage["run"] = async ({ rng }) => void draws.push(rng("number").uniform());
  const first = fake("tune", [], ({ ppo }) => ppo, drawing);
  const second: Stage = {
    ...fake(
      "evaluate",
      ["tune"],
      ({ probe }) => probe,
      async (context) => {
        await drawing(context);
        await context.writeResults("tune", { batches: 7 } as never);
      },
    ),
    section: "tune",
  };
  expect(await run({ stages: [first, second] })).toEqual(["tune", "evaluate"]);
  expect(draws[1]).toBe(draws[0]);
  expect(await readSections(path)).toEqual({ tune: { batches: 7 } });
  const other = { ...config, probe: { ...config.probe, folds: 7 } };
  const failing: Stage = { ...second, run: () => Promise.reject(new Error("full")) };
  await expect(run({ stages: [first, failing], config: other })).rejects.toThrow("full");
  expect(await readSections(path)).toEqual({});
  expect(await run({ stages: [first, second], config: other })).toEqual(["evaluate"]);
  await expect(run({ stages: [first, failing], config: { ...other, seed: 1 } })).rejects.toThrow("full");
  expect(await readSections(path)).toEqual({});
});

test("a stage may draw from streams of another name than its section", async () => {
  const draws: number[] = [];
  const drawing: Stage["run"] = async ({ rng }) => void draws.push(rng("number").uniform());
  const named = (name: string, more: Partial<Stage>): Stage => ({
    ...fake(name, [], ({ ppo }) => ppo, drawing),
    ...more,
  });
  await run({ stages: [named("first", { streams: "older" }), named("second", {}), named("older", {})] });
  expect(draws[0]).toBe(draws[2]);
  expect(draws[0]).not.toBe(draws[1]);
});

test("models are looked at before any stage: what is worth knowing is said, what cannot be ends the run", async () => {
  const classifier = copyOfModel("distilbert-text");
  const wanted = { ...config, reward: { ...config.reward, name: "classifier", classifier } };
  const lines: string[] = [];
  const observer = { ...silentObserver, log: (line: string) => void lines.push(line) };
  expect(await run({ stages: [tune], config: wanted, observer })).toEqual(["tune"]);
  expect(lines).toEqual([`reward: class 0 'POSITIVE' of ${classifier}`]);
  expect(await run({ stages: [tune], config: wanted, observer })).toEqual([]);
  expect(lines).toHaveLength(1);
  changeJson(join(classifier, "config.json"), { id2label: { 0: "rotten", 1: "fresh" } });
  await expect(run({ stages: [tune], config: wanted, force: "tune" })).rejects.toThrow(
    /reward\.label: expected the name of the class to reward.*\(0 rotten, 1 fresh\), received nothing/,
  );
  expect(ran).toEqual([]);
});

test("our own mistakes are internal errors", async () => {
  const silent: Stage = { ...match, run: async () => {} };
  await expect(run({ stages: [tune, silent] })).rejects.toThrow("internal: stage match did not write match/out.txt");
  await expect(run({ stages: [match, tune] })).rejects.toThrow(InternalError);
  const greedy = fake("match", ["tune"], match.settings, ({ writeResults }) => writeResults("probe", probed));
  await expect(run({ stages: [tune, greedy] })).rejects.toThrow("stage match wrote the results of probe");
});
