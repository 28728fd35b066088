import { describe, expect, it } from "vitest";
import { fakeModel, fakeTokenizer } from "../../../test/support/fake-language-model.js";
import type { GivenDictionary } from "../../dictionary/dictionary.js";
import type { Edit, GenerateOptions } from "../../model/language-model.js";
import { Rng } from "../../rng.js";
import { ablate } from "./ablate.js";
import { drawControl } from "./control-features.js";

const tokenizer = fakeTokenizer(["p", "q", "+", "-"]);
const dictionary: GivenDictionary = {
  dIn: 1,
  dSae: 6,
  wEnc: new Float32Array(6),
  bEnc: new Float32Array(6),
  wDec: new Float32Array(6),
  bDec: new Float32Array(1),
  applyBDecToInput: false,
};

/**
 * Writes a plus per new token, less one for each of features 0 and 1 that is ablated; the prompt
 * "q" costs one more.
 */
function model(bonus: number, calls: GenerateOptions[] = []) {
  return fakeModel({
    vocabSize: 4,
    dModel: 1,
    generate: (prompt, options) => {
      calls.push(options);
      const ablated = (options.edits ?? []).flatMap(({ features }: Edit) => features);
      const plus = bonus - ablated.filter((feature) => feature < 2).length - (prompt[0] === 1 ? 1 : 0);
      return Array.from({ length: options.maxNewTokens }, (_, i) => (i < plus ? 2 : 3));
    },
  });
}

const reward = (texts: readonly string[]) =>
  texts.map((text) => text.split("+").length - 1 + (text.startsWith("q") ? 10 : 0));
const layer = {
  layer: 3,
  dSae: 6,
  related: [0, 1],
  explained: [0, 1, 4],
  densities: [0.1, 0.2, 0.1, 0.2, 0.9, 0.9],
  dictionary,
};

function options(calls?: GenerateOptions[]) {
  return {
    base: model(2),
    tuned: model(5, calls),
    tokenizer,
    reward,
    prompts: [[0], [1], [0], [0]],
    newTokens: 6,
    layers: [layer],
    kinds: ["subtractFeatures", "replace"] as const,
    controls: ["random", "matchedFrequency", "unlabelled"] as const,
    draws: 3,
    eachFeature: true,
    seed: 7,
    rng: Rng.fromSeed(1),
  };
}

describe("ablate", () => {
  it("compares the same prompts with and without features", async () => {
    const calls: GenerateOptions[] = [];
    const progress: number[] = [];
    const result = await ablate({ ...options(calls), onBatch: (done, total) => progress.push(done / total) });
    expect([result.base.value, result.before.value, result.after.value]).toEqual([4.25, 7.25, 5.25]);
    expect(result.effect).toEqual({ value: -2, low: -2, high: -2, n: 4, unit: "prompt" });
    expect(result.related).toEqual([{ layer: 3, features: [0, 1] }]);
    expect(result.random?.draws).toHaveLength(3);
    expect(result.random?.meanEffect.value).toBe(0);
    expect(result.random?.difference.value).toBe(-2);
    expect(result.matchedFrequency?.meanEffect.value).toBe(0);
    // Only one explained feature is unlabelled, so two cannot be drawn.
    expect(result.unlabelled).toBeUndefined();
    // Without the ten that the prompt "q" is worth.
    expect(result.completion.before.value).toBe(4.75);
    expect(progress.at(-1)).toBe(1);
    const edits = calls.map((call) => call.edits ?? []).filter((list) => list.length > 0);
    expect(edits[0]).toEqual([{ at: "blocks.3.hook_mlp_out", kind: "subtractFeatures", dictionary, features: [0, 1] }]);
    expect(new Set(calls.map(({ seed }) => seed))).toEqual(new Set([7]));
    expect(result.otherKinds.map(({ kind, effect }) => [kind, effect.value])).toEqual([["replace", -2]]);
    expect(new Set(edits.map(([{ kind }]) => kind))).toEqual(new Set(["subtractFeatures", "replace"]));
    // Either feature is worth one plus of the two.
    expect(result.eachFeature.map(({ feature, effect }) => [feature, effect.value])).toEqual([
      [0, -1],
      [1, -1],
    ]);
  });

  it("changes nothing when no feature is related", async () => {
    const calls: GenerateOptions[] = [];
    const result = await ablate({ ...options(calls), layers: [{ ...layer, related: [] }] });
    expect(result.after.value).toBe(result.before.value);
    expect(result.effect.value).toBe(0);
    expect(result.random).toBeUndefined();
    expect(result.eachFeature).toEqual([]);
    expect(calls).toHaveLength(4);
  });
});

describe("drawControl", () => {
  it("draws as many features as are related, and none of those", () => {
    const rng = Rng.fromSeed(3);
    for (const control of ["random", "matchedFrequency"] as const) {
      for (let i = 0; i < 20; i++) {
        const drawn = drawControl(control, layer, rng)!;
        expect(new Set(drawn).size).toBe(2);
        expect(drawn.every((feature) => feature >= 2)).toBe(true);
      }
    }
    expect(drawControl("unlabelled", { ...layer, related: [1], explained: [1, 4] }, rng)).toEqual([4]);
  });

  it("matches frequency among the ten nearest", () => {
    const densities = Array.from({ length: 40 }, (_, feature) => feature / 100);
    const rng = Rng.fromSeed(3);
    const drawn = Array.from(
      { length: 50 },
      () => drawControl("matchedFrequency", { layer: 0, dSae: 40, related: [20], explained: [], densities }, rng)![0],
    );
    expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual([15, 16, 17, 18, 19, 21, 22, 23, 24, 25]);
  });
});
