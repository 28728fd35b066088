import { afterAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-models.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { copyModel } from "../../model/load.js";
import { Rng } from "../../rng.js";
import { BetweenModels } from "./between-models.js";
import { type Carry, type CarryOptions, carry } from "./carry.js";
import { modelParts, partGroups } from "./model-parts.js";
import { partsTogether, patchParts, summarisePatches } from "./patches.js";
import { contrast, type TextPair } from "./text-pairs.js";

const models: { dispose(): Promise<void> }[] = [];
afterAll(() => Promise.all(models.map((model) => model.dispose())));

/** Tokens as numbers between spaces. */
const tokenizer: Tokenizer = {
  vocabSize: 23,
  eosTokenId: null,
  encode: (text) => text.split(" ").filter(Boolean).map(Number),
  decode: (ids) => ids.map((id) => ` ${id}`).join(""),
  tokenText: (id) => ` ${id}`,
  tokenId: (text) => Number(text),
};
/** Number of occurrences of token 5. */
const reward = async (texts: readonly string[]) =>
  texts.map((text) => tokenizer.encode(text).filter((id) => id === 5).length);

async function pair(): Promise<{ base: CausalLm; tuned: CausalLm }> {
  const base = await tinyModel({ initializerRange: 0.2, tieWordEmbeddings: true });
  const tuned = await copyModel(base);
  const rng = Rng.fromSeed(4, "noise");
  for (const name of base.parameterNames) {
    const { data } = await base.parameter(name);
    await tuned.store.write(
      name,
      data.map((value) => value + 0.1 * rng.normal()),
    );
  }
  models.push(base, tuned);
  return { base, tuned };
}

const options = (base: CausalLm, tuned: CausalLm): CarryOptions => ({
  ...{ base, tuned, tokenizer, reward },
  prompts: Array.from({ length: 12 }, (_, i) => [1, i, 3]),
  newTokens: 6,
  pathPoints: 6,
  doses: [0.5, 1.25],
  rewardedParts: "groups",
  seed: 8,
  rng: Rng.fromSeed(1, "bootstrap"),
  resamples: 50,
});

test("parts put in place by hand give the shares, and all parts together give the whole", async () => {
  const { base, tuned } = await pair();
  const between = await BetweenModels.of(base, tuned);
  models.push(between);
  const pairs: TextPair[] = Array.from({ length: 5 }, (_, i) => ({
    prompt: [1, i],
    base: [2, 3, 4 + i],
    tuned: [5 + i, 6],
  }));
  const ends = {
    contrast: { base: await contrast(base, pairs), tuned: await contrast(tuned, pairs) },
    rewards: { base: [], tuned: [] },
  };
  const everything = { module: "norm", layer: null, parameters: base.parameterNames } as const;
  const [{ patched }] = await patchParts(between, [everything], pairs, {});
  expect(patched[0].contrast).toEqual(ends.contrast.tuned);
  expect(patched[1].contrast).toEqual(ends.contrast.base);
  const rng = Rng.fromSeed(2, "bootstrap");
  const { intoBase, intoTuned } = summarisePatches(patched, ends, { rng, resamples: 20 });
  expect(intoBase.share).toMatchObject({ value: 1, low: 1, high: 1, n: 5, unit: "prompt" });
  expect(intoTuned.share.value).toBe(1);
  expect(intoBase.change.value).toBeCloseTo(-intoTuned.change.value, 12);

  const parts = modelParts(base);
  const found = await patchParts(between, parts, pairs, {});
  const together = partsTogether(
    found.map((one) => one.patched),
    ends,
    { rng, resamples: 20 },
  );
  let sum = 0;
  for (const { parameters } of parts) {
    // By another way than `put`: a fresh copy of the base model with the tuned model's tensors.
    const copy = await copyModel(base);
    for (const name of parameters) await copy.store.write(name, (await tuned.parameter(name)).data);
    const own = await contrast(copy, pairs);
    sum += own.reduce((total, value, i) => total + value - ends.contrast.base[i], 0);
    await copy.dispose();
  }
  const whole = ends.contrast.tuned.reduce((total, value, i) => total + value - ends.contrast.base[i], 0);
  expect(together.intoBase.sum.value).toBeCloseTo(sum / whole, 4);
  expect(together.intoBase.interaction.value).toBeCloseTo(1 - sum / whole, 4);
  const { parameters: layers } = partGroups(parts).find(({ group }) => group === "layers")!;
  expect(layers).toHaveLength(base.parameterNames.length - 1 - 2 * (2 * base.config.nLayers + 1));
});

test("a pair: weights add up, doses 0 and 1 are the models, texts are counted to the end", async () => {
  const { base, tuned } = await pair();
  const counted: number[] = [];
  let total = 0;
  const { summary, path, pairs } = await carry({
    ...options(base, tuned),
    onTexts: (done, all) => {
      counted.push(done);
      total = all;
    },
  });
  expect(pairs).toHaveLength(12);
  expect(summary.contrast.value).toBeGreaterThan(0.05);
  expect(summary.path.error).toBeLessThan(0.01);
  expect(summary.path.parts.reduce((sum, { share }) => sum + share.value, 0)).toBeCloseTo(1, 9);
  expect(summary.path.parts.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(path.sum, 9);
  expect(summary.doses.map(({ dose }) => dose)).toEqual([0, 0.5, 1, 1.25]);
  const [none, half, full, more] = summary.doses;
  expect(none.kl).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(none.change.value).toBe(0);
  expect(full.change.value).toBeCloseTo(summary.reward.difference.value, 12);
  expect(half.kl.value).toBeLessThan(more.kl.value);
  expect(counted).toEqual([...counted].sort((a, b) => a - b));
  expect(counted.at(-1)).toBe(total);
  expect(summary.parts.filter(({ intoBase }) => intoBase.reward).map(({ module }) => module)).toEqual([
    "embedding",
    "norm",
  ]);
  expect(summary.groups.every(({ intoTuned }) => intoTuned.reward)).toBe(true);
  // The same seed gives the same numbers.
  expect((await carry(options(base, tuned))).summary).toEqual(summary);
});

test("a model against itself: every number is 0", async () => {
  const { base } = await pair();
  const { summary } = await carry(options(base, base));
  const { doses, reward, promptTokens, newTokens, ...rest } = summary;
  const numbers = (value: unknown): number[] => {
    if (typeof value === "number") return [value];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, own]) =>
      ["n", "layer", "points"].includes(name) ? [] : numbers(own),
    );
  };
  const all = numbers(rest);
  expect(all.length).toBeGreaterThan(200);
  expect(all.filter((value) => value !== 0)).toEqual([]);
  expect(reward.difference.value).toBe(0);
  expect(doses.map(({ change, kl }: Carry["doses"][number]) => [change.value, kl.value])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});
