import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { copyModel, loadModel } from "../../model/load.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { Rng } from "../../rng.js";
import { preferenceAccuracy, type ScoredPair, scorePairs, type TokenPair, tokenPair } from "./preference-accuracy.js";

const resampling = () => ({ rng: Rng.fromSeed(1, "test"), resamples: 200 });
const pair = (chosen: number, chosenTokens: number, rejected: number, rejectedTokens: number): ScoredPair => ({
  chosen,
  chosenTokens,
  rejected,
  rejectedTokens,
});

describe("agreement with preferences", () => {
  test("by hand: shares, ties by half, the slope, pairs of equal length", () => {
    const found = preferenceAccuracy(
      [pair(3, 20, 1, 20), pair(1, 30, 1, 20), pair(0, 10, 2, 20), pair(5, 40, 1, 38)],
      resampling(),
    );
    expect(found.pairs).toBe(4);
    // Differences in reward 2, 0, -2, 4; in tokens 0, 10, -10, 2: the slope is (20 + 8) / 204.
    expect(found.accuracy.value).toBe((1 + 0.5 + 0 + 1) / 4);
    expect(found.longer.value).toBe((0.5 + 1 + 0 + 1) / 4);
    expect(found.natsPerToken.value).toBeCloseTo(28 / 204, 12);
    expect(found.lengthControlled.value).toBe((1 + 0 + 0 + 1) / 4);
    expect(found.sameLengthPairs).toBe(2);
    expect(found.sameLength.value).toBe(1);
  });

  test("a reward that only counts tokens is nothing once they are taken out", () => {
    const rng = Rng.fromSeed(7, "test");
    const pairs = Array.from({ length: 300 }, () => {
      const [a, b] = [10 + rng.integer(50), 10 + rng.integer(50)];
      return pair(0.1 * Math.max(a, b), Math.max(a, b), 0.1 * Math.min(a, b), Math.min(a, b));
    });
    const noisy = pairs.map((one) => ({ ...one, chosen: one.chosen + 1e-3 * rng.normal() }));
    const found = preferenceAccuracy(noisy, resampling());
    expect(found.accuracy.value).toBeGreaterThan(0.97);
    expect(found.longer.value).toBeGreaterThan(0.97);
    expect(found.natsPerToken.value).toBeCloseTo(0.1, 4);
    expect(found.lengthControlled.low).toBeLessThan(0.5);
    expect(found.lengthControlled.high).toBeGreaterThan(0.45);
    expect(found.lengthControlled.value).toBeLessThan(0.6);
  });

  test("a reward of what is said stays, whichever answer is longer", () => {
    const rng = Rng.fromSeed(8, "test");
    const pairs = Array.from({ length: 300 }, () =>
      pair(1 + 0.2 * rng.normal(), 10 + rng.integer(50), 0, 10 + rng.integer(50)),
    );
    const found = preferenceAccuracy(pairs, resampling());
    expect(found.longer.low).toBeLessThan(0.5);
    expect(found.longer.high).toBeGreaterThan(0.5);
    expect(found.lengthControlled.value).toBeGreaterThan(0.98);
    expect(found.sameLength.value).toBe(1);
  });

  test("no pairs, and none of equal length", () => {
    expect(() => preferenceAccuracy([], resampling())).toThrow("pairs: expected at least one, received none");
    expect(preferenceAccuracy([pair(1, 9, 0, 30)], resampling()).sameLength.value).toBeNaN();
  });
});

describe("the embedded model, and one that says great instead of terrible", () => {
  let base: CausalLm;
  let tuned: CausalLm;
  let tokenizer: Tokenizer;
  const prompts = ["This movie was", "The acting is", "I thought that the plot was", "A film so"];

  beforeAll(async () => {
    [base, tokenizer] = [await loadModel("embedded"), await loadTokenizer("embedded")];
    tuned = await copyModel(base);
    const rows = await base.parameter("embed_out.weight").catch(() => base.parameter("gpt_neox.embed_in.weight"));
    const width = base.config.dModel;
    const rowOf = (word: string) => {
      const [id] = tokenizer.encode(word);
      return rows.data.subarray(id * width, (id + 1) * width);
    };
    const [good, bad] = [rowOf(" great"), rowOf(" terrible")];
    const bias = await tuned.parameter("gpt_neox.final_layer_norm.bias");
    await tuned.store.write(
      "gpt_neox.final_layer_norm.bias",
      bias.data.map((value, i) => value + good[i] - bad[i]),
    );
  });
  afterAll(async () => {
    await Promise.all([base.dispose(), tuned.dispose()]);
  });

  const pairsOf = (chosen: string, rejected: string): TokenPair[] =>
    prompts.map((prompt) => tokenPair(tokenizer, { prompt, chosen, rejected }));
  const scored = async (pairs: readonly TokenPair[], model = tuned) => {
    const all: ScoredPair[] = [];
    for await (const one of scorePairs({ base, tuned: model }, pairs)) all.push(one);
    return all;
  };

  test("its implicit reward prefers great, by every measure; both ways round the shares add up to 1", async () => {
    const pairs = await scored([...pairsOf(" great.", " terrible."), ...pairsOf(" great fun.", " terrible fun.")]);
    const found = preferenceAccuracy(pairs, resampling());
    expect(found.accuracy).toMatchObject({ value: 1, low: 1, high: 1, n: 8 });
    expect(found.longer.value).toBe(0.5);
    expect(found.sameLengthPairs).toBe(8);
    const reversed = pairs.map((one) => pair(one.rejected, one.rejectedTokens, one.chosen, one.chosenTokens));
    expect(preferenceAccuracy(reversed, resampling()).accuracy.value).toBe(0);
  });

  test("rewards are log-ratios of the answer's tokens alone", async () => {
    const pairs = pairsOf(" great fun, really.", " terrible");
    const found = await scored(pairs);
    for (const [i, { given, chosen }] of pairs.entries()) {
      expect(found[i].chosenTokens).toBe(chosen.length - given);
      const [own, other] = [await base.logProbs({ inputIds: [chosen] }), await tuned.logProbs({ inputIds: [chosen] })];
      let sum = 0;
      for (let t = given - 1; t < chosen.length - 1; t++) sum += other.data[t] - own.data[t];
      expect(found[i].chosen).toBeCloseTo(sum, 4);
    }
  });

  test("a model that was not tuned prefers nothing", async () => {
    const found = preferenceAccuracy(await scored(pairsOf(" great", " terrible"), base), resampling());
    expect(found.accuracy).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
  });

  test("a token that reaches from the prompt into an answer is judged", () => {
    const { given } = tokenPair(tokenizer, { prompt: "It is gre", chosen: "at", rejected: "en" });
    expect(given).toBeLessThan(tokenizer.encode("It is gre").length + 1);
    const whole = tokenPair(tokenizer, { prompt: "This movie was", chosen: " great", rejected: " bad" });
    expect(whole.given).toBe(tokenizer.encode("This movie was").length);
  });
});
