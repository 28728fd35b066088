/** What a run would fail on after hours is told before it begins, whatever the stage, and all at once. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/check-config.js";
import type { Config } from "../../src/config/config.js";
import { put } from "../../src/config/load-config.js";
import { ConfigError } from "../../src/errors.js";
import { missingSplits } from "../../src/pipeline/preflight/count-texts.js";
import { preflight } from "../../src/pipeline/preflight/preflight.js";
import { silentObserver } from "../../src/pipeline/run/observer.js";
import { RunFolder } from "../../src/pipeline/run/run-folder.js";
import { applicableStages } from "../../src/pipeline/run/stage.js";
import { computingStages } from "../../src/pipeline/stages/stages.js";
import { runOne, runOnly, runPlans } from "../../src/pipeline/sweep/run-plans.js";
import { plansOfSeeds } from "../../src/pipeline/sweep/seeds.js";
import { chatServer } from "../support/chat-server.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyModel } from "../support/tiny-models.js";

const golden = resolve(import.meta.dirname, "../golden/models");
const { signal } = new AbortController();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-preflight-"));
  await writeModel("model", {});
  await writeTexts("reviews", { train: review, test: review });
});
afterAll(() => rm(folder, { recursive: true }));

/** A model of 128 positions and 16 dimensions with the embedded tokenizer. */
async function writeModel(name: string, shape: Parameters<typeof tinyModel>[0]): Promise<string> {
  const model = await tinyModel({ vocabSize: 8192, nLayers: 1, maxPositions: 128, ...shape });
  await savedWithTokenizer(model, join(folder, name));
  return join(folder, name);
}

const ways = ["train", "car", "boat", "plane", "horse", "bus", "ship"];
const words = "the film was on the whole a rather long story with some people in it and an end that nobody had seen ";
/** 62 tokens, with what triples are made of. */
const review = (i: number) =>
  `The film ${i} had a plot and was so ${["good", "great"][i % 2]} that they felt ${["bad", "boring"][i % 2]}. They came by ${ways[i % 7]}, ${words}${words}`;

/** A corpus of 90 texts per split. */
async function writeTexts(name: string, splits: Record<string, (i: number) => string | object>): Promise<string> {
  await mkdir(join(folder, name), { recursive: true });
  for (const [split, textOf] of Object.entries(splits)) {
    const rows = Array.from({ length: 90 }, (_, i) => textOf(i));
    const lines = rows.map((row) => `${JSON.stringify(typeof row === "string" ? { text: row } : row)}\n`);
    await writeFile(join(folder, name, `${split}.jsonl`), lines.join(""));
  }
  return join(folder, name);
}

/** A small run that nothing is wrong with, with settings changed by path. */
function configOf(settings: Record<string, unknown> = {}): Config {
  const all = {
    "model.name": join(folder, "model"),
    "corpus.source": join(folder, "reviews"),
    "corpus.texts": { tune: 1, dictionaries: 5, triples: 60, evaluate: 1, frequency: 1 },
    "ppo.evaluation.prompts": 1,
    "ablation.prompts": 1,
    "features.topK": 6,
    ...settings,
  };
  return parseConfig(
    Object.entries(all).reduce<unknown>((input, [path, value]) => put(input, path.split("."), value), {}),
    "test",
  );
}

/** What is found of one run: the problems as lines, and what is logged. */
async function found(
  settings: Record<string, unknown> = {},
  { planOnly = false, only = (_: string): boolean => true, out = join(folder, "out") } = {},
): Promise<{ issues: string[]; notes: string[] }> {
  const config = configOf(settings);
  const stages = applicableStages(computingStages, config).filter(({ name }) => only(name));
  const notes: string[] = [];
  const run = { name: "run", folder: out, config, pins: {}, stages };
  const issues = await preflight([run], { planOnly, signal, log: (line) => notes.push(line) }).then(
    () => [],
    (error) => {
      if (!(error instanceof ConfigError)) throw error;
      return error.issues.map(({ path, expected, received }) => `${path}: ${expected} | ${received}`);
    },
  );
  return { issues, notes };
}

const issues = async (settings: Record<string, unknown>) => (await found(settings)).issues;

test("a run that has the least that every stage needs begins", async () => {
  expect(await found()).toEqual({ issues: [], notes: [] });
});

describe("texts", () => {
  test("a split that is missing is told with those that are there", async () => {
    const corpus = await writeTexts("no-test", { train: review, validation: review });
    expect(await issues({ "corpus.source": corpus })).toEqual([
      `corpus.splits.rest: one of train, validation (the splits in ${corpus}) | test`,
    ]);
    expect(await issues({ "corpus.source": corpus, "corpus.splits.tune": "all" })).toHaveLength(2);
    expect(await issues({ "corpus.source": corpus, "corpus.splits.rest": "validation" })).toEqual([]);
    // Where there is no time to read texts, the names of the files tell.
    expect(missingSplits(configOf({ "corpus.source": corpus })).map(({ path }) => path)).toEqual([
      "corpus.splits.rest",
    ]);
    expect(missingSplits(configOf({ "corpus.source": corpus, "corpus.splits.rest": "validation" }))).toEqual([]);
  });

  test("so is a column, a damaged file, and a split without texts", async () => {
    const corpus = await writeTexts("no-column", { train: review, test: (i) => ({ review: review(i) }) });
    expect(await issues({ "corpus.source": corpus })).toEqual([
      expect.stringMatching(
        /^corpus\.source: texts that can be read \| .*test\.jsonl: row 1: there is no column text; help: Its columns are review\./,
      ),
    ]);
    await writeFile(join(corpus, "test.jsonl"), '{"text": "a"}\n{"te');
    expect(await issues({ "corpus.source": corpus })).toEqual([
      expect.stringMatching(/^corpus\.source: .*test\.jsonl: line 2/),
    ]);
    const short = await writeTexts("short", { train: review, test: () => "A short one." });
    const none = `corpus.splits.rest: a text of 200 characters (corpus.minCharacters) | none in the split test of ${short}`;
    expect(await issues({ "corpus.source": short })).toEqual([none]);
  });

  test("texts that are too short for a stage are told for each part with the longest", async () => {
    const corpus = await writeTexts("shorter", { train: review, test: (i) => `A film about a town ${i}.` });
    const place = `of the split test of ${corpus}`;
    const lacking = (what: string) =>
      expect.stringMatching(
        new RegExp(`^corpus\\.splits\\.rest: ${what} \\| \\d+ texts?, the longest of \\d+ tokens, ${place}$`),
      );
    expect(await issues({ "corpus.source": corpus, "corpus.minCharacters": 1 })).toEqual([
      lacking("a text of 30 tokens \\(ppo\\.evaluation\\.promptTokens\\) for evaluate"),
      lacking("a text of 30 tokens \\(carry\\.promptTokens\\) for evaluate"),
      lacking("a text of 30 tokens \\(ablation\\.promptTokens\\) for evaluate"),
      lacking("texts in which 2 positive, 2 negative .* for triples"),
      lacking("a text with a word of the lexicon for frequency"),
    ]);
    expect(await issues({ "ppo.queryTokens": [2, 100] })).toEqual([
      expect.stringMatching(/^corpus\.splits\.tune: a text of 100 tokens \(ppo\.queryTokens\) for tune \| 1 text, /),
    ]);
    expect(await issues({ "corpus.source": join(corpus, "test.jsonl"), "corpus.minCharacters": 1 })).toContainEqual(
      expect.stringMatching(/^corpus\.source: a text of 30 tokens .* of .*test\.jsonl$/),
    );
  });

  test("four texts for the dictionaries are one too few for the halves of the evidence", async () => {
    const texts = { tune: 1, dictionaries: 4, triples: 60, evaluate: 1, frequency: 1 };
    expect(await issues({ "corpus.texts": texts })).toEqual([
      expect.stringMatching(/^corpus\.splits\.rest: 5 texts of 2 tokens for dictionaries \| 4 texts, /),
    ]);
  });
});

describe("models", () => {
  test("a text of more tokens than positions refuses dictionaries.maxTokens; shorter texts do not", async () => {
    const corpus = await writeTexts("long", { train: review, test: (i) => review(i).repeat(3) });
    expect(await issues({ "corpus.source": corpus })).toEqual([
      "dictionaries.maxTokens: at most 128, the positions of model.name (set dictionaries.maxTokens=128) | 256",
    ]);
    expect(await issues({ "corpus.source": corpus, "dictionaries.maxTokens": 128 })).toEqual([]);
  });

  test("all sizes that do not fit the model are told at once", async () => {
    expect(
      await issues({
        "ppo.responseTokens": [8, 120],
        "ppo.evaluation.newTokens": 99,
        "ablation.newTokens": 98,
        "dictionaries.activation": "topk",
        "dictionaries.k": 17,
      }),
    ).toEqual([
      "ppo.responseTokens: with ppo.queryTokens together at most 128 tokens, the positions of model.name | 130",
      "ppo.evaluation.newTokens: with ppo.evaluation.promptTokens together at most 128 tokens, the positions of model.name | 129",
      "dictionaries.k: a whole number from 1 to 16 (number of features of the small dictionary) | 17",
    ]);
    expect(await issues({ "dictionaries.smallFactor": 0.01 })).toEqual([
      "dictionaries.smallFactor: one feature at least, of a model of 16 dimensions: 0.0625 or more | 0.01",
    ]);
    expect((await found({ "features.topK": 30 })).notes).toEqual([
      "features.topK is 30, the small dictionaries have 16 features: all are explained",
    ]);
  });

  test("a pair of other shapes or other tokens is none", async () => {
    const base = join(folder, "model");
    const wider = await writeModel("wider", { dMlp: 32, nLayers: 2 });
    expect(await issues({ "model.base": base, "model.tuned": wider })).toEqual([
      expect.stringMatching(
        /^model\.tuned: a model with the parameters of model\.base, .* \| one with gpt_neox\.layers\.0\.mlp\.dense_h_to_4h\.weight \[32, 16\] instead of \[24, 16\], .* and 1\d more$/,
      ),
    ]);
    const other = join(folder, "other-tokens");
    await cp(base, other, { recursive: true });
    expect(await issues({ "model.base": base, "model.tuned": other })).toEqual([]);
    const file = join(other, "tokenizer.json");
    const tokenizer = JSON.parse(await readFile(file, "utf8"));
    const { vocab } = tokenizer.model;
    [vocab.Ġgood, vocab.Ġbad] = [vocab.Ġbad, vocab.Ġgood];
    await writeFile(file, JSON.stringify(tokenizer));
    const [first, own, ofBase] = vocab.Ġgood < vocab.Ġbad ? [vocab.Ġgood, "good", "bad"] : [vocab.Ġbad, "bad", "good"];
    expect(await issues({ "model.base": base, "model.tuned": other })).toEqual([
      `model.tuned: a model with the tokens of model.base | one whose token ${first} is " ${own}" instead of " ${ofBase}"`,
    ]);
  });

  test("missing files, and a tokenizer of another model", async () => {
    const broken = join(folder, "broken");
    await cp(join(folder, "model"), broken, { recursive: true });
    await rm(join(broken, "tokenizer.json"));
    await rm(join(broken, "model.safetensors"));
    expect(await issues({ "model.name": broken })).toEqual([
      expect.stringMatching(/^model\.name: weights that fit config\.json \| .*there is no model\.safetensors/),
      expect.stringMatching(/^model\.name: a model with its tokenizer \| .*tokenizer\.json: no such file/),
    ]);
    const small = await writeModel("small-vocabulary", { vocabSize: 500 });
    expect(await issues({ "model.name": small })).toContainEqual(
      expect.stringMatching(
        /^corpus\.splits\.tune: tokens of the model's vocabulary, ids below 500 \| token \d+, ".*", in a text/,
      ),
    );
  });

  test("a disk that is too small for what will be written, and a memory", async () => {
    const vast = join(folder, "vast");
    await cp(join(folder, "model"), vast, { recursive: true });
    const config = JSON.parse(await readFile(join(vast, "config.json"), "utf8"));
    const size = { hidden_size: 65536, intermediate_size: 262144, num_hidden_layers: 1000 };
    await writeFile(join(vast, "config.json"), JSON.stringify({ ...config, ...size }));
    const { issues, notes } = await found({ "model.name": vast });
    expect(issues[0]).toMatch(/^model\.name: weights that fit config\.json/);
    expect(issues.at(-1)).toMatch(
      /^--out: a folder with room for \d{7}\.\d GB, of which the stage tune takes \d{7}\.\d GB \| \/.* with [\d.]+ GB free$/,
    );
    expect(notes).toContainEqual(
      expect.stringMatching(/^warning: to train \d{14} parameters takes about \d{6,} GB of memory, this machine has /),
    );
  });
});

describe("the reward", () => {
  async function reward(name: string, code: string): Promise<string> {
    await writeFile(join(folder, name), code);
    return join(folder, name);
  }

  test.each([
    ["throws", 'export default () => { throw new Error("no key"); };', "no key"],
    ["gives-nan", "export default (texts) => texts.map(() => NaN);", "NaN"],
    ["gives-too-few", "export default () => [];", "a list of 1 numbers, received 0"],
    ["is-none", "export default 3;", "expected a function as default export"],
  ])("a module that %s", async (name, code, said) => {
    const path = await reward(`${name}.mjs`, code);
    const [line, ...more] = await issues({ "reward.name": path });
    expect(more).toEqual([]);
    expect(line).toMatch(/^reward\.name: a reward that gives one finite number for a text \| .*\.mjs/);
    expect(line).toContain(said);
  });

  test("one that never answers does not hold up a plan", async () => {
    const path = await reward("never.mjs", "export default () => new Promise(() => {});");
    expect(await found({ "reward.name": path }, { planOnly: true })).toEqual({
      issues: [],
      notes: ["reward.name: no value in 1.5 s; a run waits longer before it begins"],
    });
  });

  test("a classifier without the class that is named", async () => {
    const classifier = { "reward.name": "classifier", "reward.classifier": join(golden, "distilbert-text") };
    expect(await issues({ ...classifier, "reward.label": "joy" })).toEqual([
      expect.stringMatching(/^reward\.label: a class of the classifier.* POSITIVE, .*NEGATIVE.* \| .*joy/),
    ]);
    expect(await issues(classifier)).toEqual([]);
  });
});

describe("the language model", () => {
  const asked = (baseURL: string) => ({
    "explainer.name": "llm",
    "explainer.model": "m",
    "explainer.baseURL": baseURL,
  });

  test("is asked for one word, in no dry run, and only where a stage asks it", async () => {
    const server = await chatServer(() => "yes");
    try {
      const asking = `asking m at ${server.baseURL} for one word`;
      expect(await found(asked(server.baseURL))).toEqual({ issues: [], notes: [asking] });
      expect(server.seen).toHaveLength(1);
      const { issues, notes } = await found(asked(server.baseURL), { planOnly: true });
      expect([issues, notes]).toEqual([[], [expect.stringMatching(/is not asked now; a run asks it/)]]);
      await found(asked(server.baseURL), { only: (name) => name === "ablate" });
      expect(server.seen).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  test("that cannot be used is told without the key, and is a warning where replies are kept", async () => {
    const server = await chatServer(() => "yes");
    process.env.PREFLIGHT_KEY = "very-secret";
    const settings = { ...asked(server.baseURL), "explainer.keyVariable": "PREFLIGHT_KEY" };
    try {
      server.next.push({ status: 401, echoKey: true });
      const [line, ...more] = await issues(settings);
      expect(more).toEqual([]);
      expect(line).toMatch(
        /^explainer\.baseURL: an endpoint that answers for explainer\.model \| http.*faulty.*help: /,
      );
      expect(line).not.toContain("very-secret");
      const out = join(folder, "with-replies");
      await mkdir(join(out, "llm-cache"), { recursive: true });
      server.next.push({ status: 401 });
      expect(await found(settings, { out })).toEqual({
        issues: [],
        notes: [expect.any(String), expect.stringMatching(/^warning: only kept replies can be used: http/)],
      });
    } finally {
      delete process.env.PREFLIGHT_KEY;
      await server.close();
    }
    expect((await issues(asked("http://127.0.0.1:1/v1")))[0]).toMatch(/^explainer\.baseURL: .*after 2 attempts/);
  });
});

describe("runs", () => {
  const options = { stages: computingStages, observer: silentObserver, signal, clock: () => new Date(0) };

  test("only what remains of a run counts", async () => {
    const corpus = await writeTexts("rest-short", { train: () => "No.", test: review });
    const settings = { "corpus.source": corpus, "corpus.minCharacters": 1 };
    expect((await found(settings)).issues).toHaveLength(1);
    expect((await found(settings, { only: (name) => name !== "tune" })).issues).toEqual([]);
    expect(await found({ "corpus.source": join(folder, "gone") }, { only: (name) => name === "match" })).toEqual({
      issues: [],
      notes: [],
    });
  });

  test("of several runs, problems that all have are told once, others with the run's name", async () => {
    const runOf = (name: string, settings: Record<string, unknown>) => {
      const config = configOf({ "ablation.newTokens": 100, ...settings });
      return { name, folder: join(folder, name), config, pins: {}, stages: applicableStages(computingStages, config) };
    };
    const runs = [runOf("one", {}), runOf("two", { "ppo.responseTokens": [8, 120] }), runOf("three", { seed: 7 })];
    const error = await preflight(runs, { signal, log() {} }).catch((thrown) => thrown);
    expect(error.issues.map(({ path }: { path: string }) => path)).toEqual([
      "ablation.newTokens",
      "two: ppo.responseTokens",
    ]);
  });

  test("nothing is written when one cannot begin", async () => {
    const before = await readdir(folder);
    const config = configOf({ "ablation.newTokens": 100 });
    const plan = { config, pins: {} };
    await expect(runOne(join(folder, "not-begun"), plan, options)).rejects.toThrow(/ablation\.newTokens/);
    const seeds = plansOfSeeds(config, [1, 2]);
    await expect(runPlans(join(folder, "not-begun"), seeds, options)).rejects.toThrow(/: 1 problem\n {2}ablation\./);
    expect(await readdir(folder)).toEqual(before);
  });

  test("a stage that runs alone is looked at by itself, and the run stays as it was", async () => {
    const out = join(folder, "alone");
    const run = await RunFolder.create(out, configOf());
    await run.save();
    await run.release();
    const before = await readFile(join(out, "run.json"), "utf8");
    const wrong = configOf({ "ppo.responseTokens": [8, 120], "ablation.newTokens": 100 });
    const error = await runOnly(out, "tune", wrong, options).catch((thrown) => thrown);
    expect(error.message).toMatch(/^rewardscope tune: 1 problem\n/);
    expect(error.issues.map(({ path }: { path: string }) => path)).toEqual(["ppo.responseTokens"]);
    await expect(runOnly(out, "ablate", wrong, options)).rejects.toThrow(
      /^rewardscope ablate: 6 problems\n.*\n {2}classify: expected up to date/s,
    );
    expect(await readFile(join(out, "run.json"), "utf8")).toBe(before);
    expect(await readdir(out)).toEqual(["run.json"]);
  });

  test("a stop ends it with its reason", async () => {
    const stop = new AbortController();
    const run = { name: "run", folder: join(folder, "out"), config: configOf(), pins: {}, stages: computingStages };
    const looking = preflight([run], { signal: stop.signal, log() {} });
    stop.abort(new Error("by the user"));
    await expect(looking).rejects.toThrow("by the user");
    expect(existsSync(join(folder, "out"))).toBe(false);
  });
});
