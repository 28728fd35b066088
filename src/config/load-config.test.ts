import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { ConfigError, FormatError } from "../errors.js";
import { parseConfig } from "./check-config.js";
import { draftConfig, findConfig, parseSetting, readConfigFile, resolveConfig } from "./load-config.js";
import { presets } from "./presets.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-"));
});

const source = { source: "test", input: {} };
const set = (...texts: string[]) => resolveConfig(source, texts.map(parseSetting));

test("--set takes YAML scalars and lists, and the shorthand of a group", async () => {
  const reviews = join(folder, "my #1 reviews.txt");
  await writeFile(reviews, "text");
  const config = set(
    "ppo.batches=20",
    "ppo.adaptiveKl=false",
    "ppo.queryTokens=[3, 4]",
    "ppo.learningRate=1e-5",
    `corpus=${reviews}`,
  );
  expect(config.ppo).toMatchObject({ batches: 20, adaptiveKl: false, queryTokens: [3, 4], learningRate: 1e-5 });
  expect(config.corpus.source).toBe(reviews);
  expect(config.corpus.minCharacters).toBe(200);
});

test("--set goes over the file, and of two the later counts", () => {
  const from = { source: "test", input: { ppo: { batches: 5, gamma: 0.5 }, corpus: "embedded" } };
  const config = resolveConfig(from, ["ppo.batches=6", "ppo.batches=7", "corpus.minCharacters=10"].map(parseSetting));
  expect(config.ppo).toMatchObject({ batches: 7, gamma: 0.5 });
  expect(config.corpus).toMatchObject({ source: "embedded", minCharacters: 10 });
  expect(from.input.ppo.batches).toBe(5);
});

test("malformed --set, wrong values and missing files come together", () => {
  const malformed = ["foo", "a: b=3", "ppo={a: 1}", "__proto__.x=1", "ppo.gamma=[1"];
  const wrong = ["ppo.batches=-3", "seed.x=1", "corpus=nowhere.txt", "model=./nowhere"];
  try {
    set(...malformed, ...wrong);
    expect.unreachable();
  } catch (error) {
    const { issues } = error as ConfigError;
    expect(issues.map(({ path }) => path)).toEqual([
      ...malformed.map(() => "--set"),
      "ppo.batches",
      "seed",
      "model.name",
      "corpus.source",
    ]);
    expect((error as Error).message).toContain("a local folder in the Hub's layout");
    expect((error as Error).message).toContain('"./nowhere": not found');
  }
});

test("an empty value is an error, not the default", () => {
  for (const empty of ["corpus=", "model= ", "reward=", "corpus.source=", "corpus.textColumn=", "ppo.batches="])
    expect(() => set(empty)).toThrow(/--set: expected a value after =/);
  for (const empty of ["corpus=null", 'corpus=""', "corpus.source=''", "corpus.splits.tune=''", "model.name=null"])
    expect(() => set(empty)).toThrow(ConfigError);
  expect(() => resolveConfig({ source: "test", input: { corpus: null } })).toThrow(
    /corpus: expected a group of settings, received null/,
  );
  expect(set("explainer.temperature=null").explainer.temperature).toBeNull();
  expect(set("corpus.textColumn=review").corpus.textColumn).toBe("review");
});

test("an id on the Hub stays an id; the folder of that name comes first, and a file of texts is none", async () => {
  const config = set("model=no-one/nothing@v2", "corpus=no-one/nothing");
  expect([config.model.name, config.corpus.source]).toEqual(["no-one/nothing@v2", "no-one/nothing"]);
  expect(set("corpus=src/text").corpus.source).toBe(resolve("src/text"));
  expect(() => set("model=src/text")).toThrow(/model\.name: .*"src\/text": has no config\.json/);
  expect(() => set("corpus=data/reviews.csv")).toThrow(/corpus\.source: .*"data\/reviews\.csv": not found/);
});

test("an adapter may be the tuned model of a pair; in place of another it is called so", async () => {
  await writeFile(join(folder, "adapter_config.json"), "{}");
  const pair = { source: "test", input: { model: { base: "embedded", tuned: folder } } };
  expect(resolveConfig(pair).model.tuned).toBe(folder);
  expect(() => set(`model=${folder}`)).toThrow(/model\.name: .*: a LoRA adapter, which has to be merged into its base/);
});

test("a pair of one's own: folders are checked, the name is not read, paths become absolute", async () => {
  await writeFile(join(folder, "config.json"), "{}");
  const from = { source: "test", input: { model: { name: "EleutherAI/pythia-70m", base: folder, tuned: folder } } };
  expect(resolveConfig(from).model).toEqual({ name: "EleutherAI/pythia-70m", base: folder, tuned: folder });
  expect(resolveConfig({ source: "test", input: { corpus: "package.json" } }).corpus.source).toBe(
    resolve("package.json"),
  );
  expect(() => resolveConfig({ source: "test", input: { model: { base: folder } } })).toThrow(
    /model.tuned: expected a folder/,
  );
});

test("a run folder in place of a model: the models that it has are named", async () => {
  const run = join(folder, "run");
  const problems = () => draftConfig({ source: "test", input: { model: { base: run, tuned: run } } }).issues;
  await mkdir(join(run, "tuned"), { recursive: true });
  await writeFile(join(run, "run.json"), JSON.stringify({ config: { model: { name: "EleutherAI/pythia-70m" } } }));
  const models = `its base model is EleutherAI/pythia-70m, its tuned model is ${join(run, "tuned")}`;
  expect(problems()).toMatchObject([
    {
      path: "model.base",
      received: expect.stringMatching(`: a run folder, not a model, ${models}$`),
      nearest: "EleutherAI/pythia-70m",
    },
    { path: "model.tuned", nearest: join(run, "tuned") },
  ]);
  const pair = { name: "embedded", base: "/models/base", tuned: "/models/tuned" };
  await writeFile(join(run, "run.json"), JSON.stringify({ config: { model: pair } }));
  expect(problems()).toMatchObject([{ nearest: "/models/base" }, { nearest: "/models/tuned" }]);
  await writeFile(join(run, "run.json"), '{ "conf');
  expect(problems()).toMatchObject([{ received: expect.stringMatching(/tuned$/) }, { nearest: join(run, "tuned") }]);
});

test("a lexicon and a module of one's own: checked with all else, paths become absolute", async () => {
  await writeFile(join(folder, "words.txt"), "plot\t2\n");
  await writeFile(join(folder, "reward.mjs"), "export default (texts) => texts.map(() => 0);");
  const own = { name: join(folder, "reward.mjs"), lexicon: join(folder, "words.txt") };
  expect(resolveConfig({ source: "test", input: { reward: own } }).reward).toMatchObject(own);
  const relative = "assets/vader/vader_lexicon.txt";
  expect(set(`reward.lexicon=${relative}`).reward).toMatchObject({ name: "vader", lexicon: resolve(relative) });
  expect(() => set("reward=classifier", "reward.classifier=./nowhere")).toThrow(
    /reward.classifier: expected a local folder.*, received "\.\/nowhere": not found/,
  );
  const classifier = "test/golden/models/distilbert-text";
  expect(set("reward=classifier", `reward.classifier=${classifier}`).reward).toMatchObject({
    name: "classifier",
    classifier: resolve(classifier),
  });
  expect(() => set("reward.lexicon=LICENSE")).toThrow(/LICENSE: line 1: expected a word, a tab and a number/);
  expect(() => set("reward=nowhere.mjs", "reward.lexicon=nowhere.txt", "ppo.batches=0")).toThrow(
    /3 problems\n.*ppo.batches.*\n.*reward.name: .*"nowhere.mjs": not found\n.*reward.lexicon: .*"nowhere.txt": not found/,
  );
});

test("YAML and JSON files; a syntax error names the line", async () => {
  const [yaml, json, broken] = ["a.yaml", "b.json", "c.yaml"].map((name) => join(folder, name));
  await writeFile(yaml, "ppo:\n  batches: 3 # few\n");
  await writeFile(json, '{ "ppo": { "batches": 3 } }');
  await writeFile(broken, "ppo:\n  batches: 3\n  gamma: [1\nseed: 2\n");
  expect(await readConfigFile(yaml)).toEqual({ ppo: { batches: 3 } });
  expect(await readConfigFile(json)).toEqual({ ppo: { batches: 3 } });
  await expect(readConfigFile(broken)).rejects.toThrow(/c\.yaml: line \d: expected YAML or JSON/);
  await expect(readConfigFile(join(folder, "none.yaml"))).rejects.toThrow(FormatError);
});

test("a file without settings is refused, and JSON is JSON where the name says so", async () => {
  const read = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return readConfigFile(join(folder, name));
  };
  for (const text of ["", " \n", "# nothing\n", "~"])
    await expect(read("none.yaml", text)).rejects.toThrow(/none\.yaml: expected settings, received/);
  expect(await read("none.yaml", "{}")).toEqual({});
  await expect(read("a.json", '{"seed": 1,\n}')).rejects.toThrow(
    /a\.json: line 2: expected JSON: Expected double-quoted/,
  );
  await expect(read("a.json", '{"seed": 1, "seed": 2}')).rejects.toThrow("line 1: expected JSON: seed stands twice");
  expect(await read("a.yaml", '{"seed": 1,}')).toEqual({ seed: 1 });
});

test("--set: what is no setting, or means nothing", () => {
  const issueOf = (text: string) => parseSetting(text) as { expected: string; received: string };
  for (const text of ["key", "=x", "", "ppo..batches=1", `${"a.".repeat(10_000)}b=1`, "a.b.c.d.e.f.g.h.i=1"])
    expect(issueOf(text).expected, text.slice(0, 20)).toBe("group.field=value");
  expect(issueOf("corpus=").expected).toBe("a value after =, or 'corpus=\"\"' for empty text");
  expect(issueOf("corpus= ").expected).toMatch(/^a value after =/);
  expect(issueOf("corpus=null").expected).toBe("a value other than null");
  expect(issueOf("ppo.gamma=[1").expected).toBe("a value in YAML's notation (Flow sequence must end with a ])");
  expect(issueOf(`ppo.gamma=${"[".repeat(3000)}`).expected).toMatch(/nested more than 30 deep/);
  expect(issueOf("ppo.gamma=&a [*a]").expected).toMatch(/\*a stands for nothing/);
  expect(parseSetting("explainer.temperature=null")).toEqual({ path: ["explainer", "temperature"], value: null });
  expect(() => set('corpus=""')).toThrow(/corpus\.source: expected text that is not empty/);
});

test("a folder is no module and no lexicon", async () => {
  expect(() => set(`reward.lexicon=${folder}`)).toThrow(/reward\.lexicon: .*: not a file/);
  await mkdir(join(folder, "own.mjs"));
  expect(() => set(`reward=${join(folder, "own.mjs")}`)).toThrow(/reward\.name: .*own\.mjs": not a file/);
});

test("a target is a preset or a file", async () => {
  expect(await findConfig("pythia-70m")).toEqual({ source: "preset pythia-70m", input: presets["pythia-70m"].input });
  await expect(findConfig("pythia-70")).rejects.toThrow(/did you mean pythia-70m/);
  await expect(findConfig("toString")).rejects.toThrow(ConfigError);
});

test("all presets are valid, and the paper's hold its numbers", () => {
  for (const [name, { input }] of Object.entries(presets)) parseConfig(input, name);
  const { ppo, dictionaries, layers } = parseConfig(presets["pythia-160m"].input, "preset");
  expect([ppo.batchSize, ppo.miniBatchSize, ppo.klCoef, ppo.maxGradNorm, ppo.learningRate]).toEqual([
    64, 16, 0.5, 1, 1e-6,
  ]);
  expect([dictionaries.epochs, dictionaries.l1Coef, dictionaries.learningRate, dictionaries.batchTexts]).toEqual([
    3, 0.001, 1e-3, 32,
  ]);
  expect(layers.count).toBe(5);
  expect(parseConfig(presets["gpt-neo-125m"].input, "preset").dictionaries.l1Coef).toBe(0.0015);
});
