import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError } from "../errors.js";
import { fieldPaths } from "../settings/issues.js";
import { checkConfig, parseConfig } from "./check-config.js";
import { configSchema, engineSettings } from "./config.js";

function problems(input: unknown): string[] {
  try {
    parseConfig(input, "test.yaml");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map(({ path, expected, received, nearest }) =>
      [path, expected, received, nearest].filter((part) => part !== undefined).join(" | "),
    );
  }
  return [];
}

test("an empty input gives all defaults", () => {
  const config = parseConfig({}, "test");
  expect(config.ppo).toMatchObject({ batchSize: 64, miniBatchSize: 32, lambda: 0.95, queryTokens: [2, 10] });
  expect(config.ppo.evaluation).toEqual({ prompts: 1000, promptTokens: 30, newTokens: 40 });
  expect(config.triples.count).toBe(6602);
  expect(config.model).toEqual({ name: "embedded" });
  expect(config.seed).toBe(42);
  expect(parseConfig(null, "an empty file")).toEqual(config);
});

test("a resolved configuration is its own resolution", () => {
  const config = parseConfig({ ppo: { gamma: 0.9 }, corpus: "reviews.csv" }, "test");
  expect(parseConfig(JSON.parse(JSON.stringify(config)), "run.json")).toEqual(config);
});

test("text stands for the obvious field of a group, and an empty group for its defaults", () => {
  const config = parseConfig({ corpus: "reviews.csv", model: "models/mine", reward: "vader", ppo: null }, "test");
  expect(config.corpus.source).toBe("reviews.csv");
  expect(config.corpus.minCharacters).toBe(200);
  expect(config.model.name).toBe("models/mine");
  expect(config.ppo.batchSize).toBe(64);
});

test("where text may stand nothing does not mean the default", () => {
  expect(problems({ model: null, corpus: null, reward: null })).toEqual(
    ["model", "corpus", "reward"].map((group) => `${group} | a group of settings | null`),
  );
});

test("names and values that no setting has are shown in short", () => {
  const circle: { inner?: object } = {};
  circle.inner = circle;
  expect(problems({ "<<": 1, ["x".repeat(1e5)]: 2, "a\nb": 3, seed: 5n, model: { name: circle } })).toEqual([
    "model.name | text | what cannot be shown (object)",
    "seed | a number | what cannot be shown (bigint)",
    '"<<" | a known setting | 1',
    `"${"x".repeat(56)}... | a known setting | 2`,
    '"a\\nb" | a known setting | 3',
  ]);
});

test("all problems are reported together, rules between fields included", () => {
  const input = {
    ppo: {
      batch_size: 3,
      batchSize: 10,
      gamma: "x",
      queryTokens: [5, 2],
      responseTokens: [1, 2, 3],
      schedule: "cosine",
    },
    model: { tuned: "mine" },
    reward: "vadar",
    dictionaries: [],
    probe: { folds: 1 },
    seed: 1.5,
    sede: 2,
    l1Coef: 3,
  };
  expect(problems(input).sort()).toEqual([
    "dictionaries | a group of settings | []",
    "l1Coef | a known setting | 3 | dictionaries.l1Coef",
    "model.base | a folder, since model.tuned is given | nothing",
    "ppo.batch_size | a known setting | 3 | ppo.batchSize",
    'ppo.gamma | a number | "x"',
    "ppo.miniBatchSize | a divisor of ppo.batchSize (10) | 32",
    "ppo.queryTokens | the smaller number first | [5,2]",
    "ppo.responseTokens | a list of 2 values | [1,2,3]",
    'ppo.schedule | one of constant, linear | "cosine"',
    "probe.folds | a number of at least 2 | 1",
    'reward.name | vader, classifier, or the path of a module (.js, .mjs) | "vadar"',
    "sede | a known setting | 2 | seed",
    "seed | a whole number | 1.5",
  ]);
});

test("lists: how many values, and different ones", () => {
  expect(problems({ ablation: { kinds: [] }, ppo: { queryTokens: [1] } })).toEqual([
    "ppo.queryTokens | a list of 2 values | [1]",
    "ablation.kinds | at least one value | []",
  ]);
  const twice = { kinds: ["replace", "replace"], controls: ["random", "random"] };
  expect(problems({ ablation: twice })).toEqual([
    'ablation.kinds | different values | ["replace","replace"]',
    'ablation.controls | different values | ["random","random"]',
  ]);
});

test("numbers out of range and not finite", () => {
  const ppo = { learningRate: 0, gamma: 1.2, klTarget: Number.POSITIVE_INFINITY, valueHeadDropout: 1 };
  expect(problems({ ppo, features: { examplesShown: 21 }, ablation: { prompts: 2000 } })).toEqual([
    "ppo.learningRate | a number greater than 0 | 0",
    "ppo.klTarget | a number | Infinity",
    "ppo.gamma | a number of at most 1 | 1.2",
    "ppo.valueHeadDropout | a number less than 1 | 1",
    "features.examplesShown | at most features.examplesPerFeature (20) | 21",
    "ablation.prompts | at most corpus.texts.evaluate (1000) | 2000",
  ]);
});

test("a number or a word", () => {
  expect(problems({ threads: "many", ppo: { klCoef: "much" } })).toEqual([
    'ppo.klCoef | a number or auto | "much"',
    'threads | a number or all | "many"',
  ]);
  expect(problems({ threads: 1.5 })).toEqual(["threads | a whole number or all | 1.5"]);
  expect(problems({ threads: 0, ppo: { klCoef: -1 } })).toEqual([
    "ppo.klCoef | a number of at least 0 | -1",
    "threads | a number greater than 0 | 0",
  ]);
  expect(engineSettings(parseConfig({ threads: "all" }, "test.yaml"))).toEqual({ device: "cpu", threads: undefined });
  expect(engineSettings(parseConfig({ threads: 3 }, "test.yaml"))).toEqual({ device: "cpu", threads: 3 });
});

test("what is no group of settings, and a key with a dot", () => {
  expect(problems([1])).toEqual(["(the whole file) | a group of settings | [1]"]);
  expect(problems("ppo")).toEqual(['(the whole file) | a group of settings | "ppo"']);
  expect(problems({ "ppo.gamma": 1 })).toEqual(["ppo.gamma | a known setting | 1 | ppo.gamma"]);
});

test("a language model is told the reward in words: the program's own, or the user's", () => {
  const explainer = { name: "llm", model: "some-model" };
  expect(problems({ explainer })).toEqual([]);
  expect(problems({ explainer, reward: "classifier" })).toEqual([]);
  const asked = "explainer.rewardDescription | the reward in words, since explainer.name is llm and";
  expect(problems({ explainer, reward: "own.mjs" })).toEqual([`${asked} reward.name is a module | nothing`]);
  expect(problems({ explainer, reward: { name: "classifier", label: "anger" } })).toEqual([
    `${asked} reward.label is anger | nothing`,
  ]);
  expect(problems({ explainer: { ...explainer, rewardDescription: "short texts" }, reward: "own.mjs" })).toEqual([]);
});

test("every field says what it means", () => {
  const json = z.toJSONSchema(configSchema, { io: "input" }) as unknown as Record<string, unknown>;
  const paths = fieldPaths(configSchema);
  expect(paths.length).toBeGreaterThan(80);
  for (const path of paths) {
    const field = path
      .split(".")
      .reduce<Record<string, unknown>>(
        (schema, key) => (schema.properties as Record<string, Record<string, unknown>>)[key],
        json,
      );
    expect(field.description, path).toMatch(/\w/);
  }
});

test("two trackers with a server cannot share one address, and an address is not shown", () => {
  const url = "http://ada:sesame@server";
  expect(checkConfig({ tracking: { to: ["mlflow", "tensorboard"], url: "http://server:5000" } }).issues).toEqual([]);
  expect(checkConfig({}).config).not.toHaveProperty("tracking");
  const { issues } = checkConfig({ tracking: { to: ["mlflow", "trackio"], url: "http://server", token: "sesame" } });
  expect(issues).toMatchObject([
    { path: "tracking.token" },
    { path: "tracking.url", expected: expect.stringContaining("two servers") },
  ]);
  expect(JSON.stringify(checkConfig({ tracking: { url } }).issues)).toMatch(/tracking\.url/);
  expect(JSON.stringify([issues, checkConfig({ tracking: { url } }).issues])).not.toContain("sesame");
});
