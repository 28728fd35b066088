import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { tinyDictionary } from "../../test/support/tiny-dictionary.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import type { GivenDictionary } from "../dictionary/dictionary.js";
import { kindOf } from "../dictionary/dictionary.js";
import type { DictionaryKind } from "../dictionary/kind.js";
import { Engine } from "../runtime/engine.js";
import type { CausalLm } from "./causal-lm.js";
import { type Edit, mlpHookPoint } from "./language-model.js";

const engine = new Engine();
afterAll(() => engine.close());
const model: CausalLm = await tinyModel({ nLayers: 3 }, { engine });
const { dModel } = model.config;

const relu: DictionaryKind = { name: "relu" };

/** Codes of one activation, by the definition. */
function codes(x: readonly number[], given: GivenDictionary): number[] {
  const { dSae, wEnc, bEnc, bDec, applyBDecToInput } = given;
  const all = Array.from({ length: dSae }, (_, f) => {
    let sum = bEnc[f];
    for (const [i, value] of x.entries()) sum += (value - (applyBDecToInput ? bDec[i] : 0)) * wEnc[i * dSae + f];
    return Math.max(0, sum);
  });
  const kind = kindOf(given);
  const kept = kind.name === "topk" ? kind.k : dSae;
  const smallestKept = all.toSorted((a, b) => b - a)[kept - 1];
  return all.map((code) => (code < smallestKept ? 0 : code));
}

/** One activation after an edit, by the definition. */
function edited(x: readonly number[], { kind, dictionary, features, strength = 1 }: Edit): number[] {
  const f = codes(x, dictionary);
  const direction = (feature: number, i: number): number => dictionary.wDec[feature * dModel + i];
  return x.map((value, i) => {
    if (kind === "add") return features.reduce((sum, feature) => sum + strength * direction(feature, i), value);
    if (kind === "subtractFeatures")
      return features.reduce((sum, feature) => sum - strength * f[feature] * direction(feature, i), value);
    return f.reduce(
      (sum, code, feature) => sum + (features.includes(feature) ? 0 : code * direction(feature, i)),
      dictionary.bDec[i],
    );
  });
}

const inputIds = [
  [3, 1, 4, 1, 5],
  [9, 2],
];
const [below, at, above] = [0, 1, 2].map(mlpHookPoint);
const hooks = [below, at, above];
const plain = await model.forward({ inputIds }, { hooks });

const rowsOf = (data: Float32Array): number[][] =>
  Array.from({ length: data.length / dModel }, (_, t) => [...data.subarray(t * dModel, (t + 1) * dModel)]);

describe.each<[applyBDecToInput: boolean, kind: DictionaryKind]>([
  [true, relu],
  [false, relu],
  [true, { name: "topk", k: 3 }],
  [false, { name: "topk", k: 1 }],
])("a dictionary that takes bDec off its input: %s, of kind %o", (applyBDecToInput, kind) => {
  const d = tinyDictionary(dModel, { applyBDecToInput, kind });
  const edits: Record<string, Edit> = {
    subtractFeatures: { at, kind: "subtractFeatures", dictionary: d, features: [2, 7] },
    "subtractFeatures, all of them, half": {
      at,
      kind: "subtractFeatures",
      dictionary: d,
      features: [...Array(10).keys()],
      strength: 0.5,
    },
    add: { at, kind: "add", dictionary: d, features: [0, 9], strength: -1.5 },
    "replace by the reconstruction": { at, kind: "replace", dictionary: d, features: [] },
    "replace without two features": { at, kind: "replace", dictionary: d, features: [4, 5] },
    "replace by bDec alone": { at, kind: "replace", dictionary: d, features: [...Array(10).keys()] },
    "subtract nothing": { at, kind: "subtractFeatures", dictionary: d, features: [] },
    "add nothing": { at, kind: "add", dictionary: d, features: [] },
  };
  test.each(Object.entries(edits))("%s", async (_name, edit) => {
    const result = await model.forward({ inputIds }, { hooks, edits: [edit] });
    expect(result.hooks[below]).toEqual(plain.hooks[below]);
    const expected = rowsOf(plain.hooks[at].data).flatMap((x) => edited(x, edit));
    expectClose(result.hooks[at].data, expected, 1e-5, "edited activations");
    if (edit.features.length === 0 && edit.kind !== "replace") expectClose(result.logits.data, plain.logits.data, 1e-5);
    else expect(result.hooks[above]).not.toEqual(plain.hooks[above]);
  });
});

test("a dictionary written down without a kind is top-k by its k, and ReLU where it has none", async () => {
  const { kind: _, ...weights } = tinyDictionary(dModel);
  const after = async (given: GivenDictionary) => {
    const edit: Edit = { at, kind: "replace", dictionary: given, features: [] };
    return (await model.forward({ inputIds }, { hooks, edits: [edit] })).hooks[at].data;
  };
  expect(await after(weights)).toEqual(await after({ ...weights, kind: relu }));
  expect(await after({ ...weights, k: 3 })).toEqual(await after({ ...weights, kind: { name: "topk", k: 3 } }));
});

test("the features of the dictionary fire in some positions and not in others, so that the edits above do something", () => {
  const all = rowsOf(plain.hooks[at].data).flatMap((x) => codes(x, tinyDictionary(dModel)));
  const firing = all.filter((code) => code > 0).length;
  expect(firing).toBeGreaterThan(all.length / 10);
  expect(firing).toBeLessThan((all.length * 9) / 10);
});

test("edits of one layer follow each other; those of higher layers see what the lower ones left", async () => {
  const [first, second, third] = [
    tinyDictionary(dModel),
    tinyDictionary(dModel, { applyBDecToInput: false, seed: 2 }),
    tinyDictionary(dModel, { seed: 3 }),
  ];
  const edits: Edit[] = [
    { at: above, kind: "subtractFeatures", dictionary: third, features: [1, 2, 3] },
    { at, kind: "add", dictionary: first, features: [3] },
    { at, kind: "subtractFeatures", dictionary: second, features: [0, 1, 2] },
  ];
  const lower = await model.forward({ inputIds }, { hooks, edits: edits.slice(1) });
  const both = await model.forward({ inputIds }, { hooks, edits });
  const twice = rowsOf(plain.hooks[at].data).flatMap((x) => edited(edited(x, edits[1]), edits[2]));
  expectClose(both.hooks[at].data, twice, 1e-5, "two edits of one layer");
  const onLower = rowsOf(lower.hooks[above].data).flatMap((x) => edited(x, edits[0]));
  expectClose(both.hooks[above].data, onLower, 1e-5, "the layer above");
});

test("edits change log-probabilities as they change logits", async () => {
  const edits: Edit[] = [{ at, kind: "add", dictionary: tinyDictionary(dModel), features: [1], strength: 3 }];
  const ids = inputIds.slice(0, 1);
  const { logits } = await model.forward({ inputIds: ids }, { edits });
  const vocab = model.config.vocabSize;
  const expected = ids[0].slice(1).map((target, t) => {
    const row = [...logits.data.subarray(t * vocab, (t + 1) * vocab)];
    return row[target] - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
  expectClose((await model.logProbs({ inputIds: ids }, { edits })).data, expected, 1e-5);
});

test("what does not fit the model is refused by name", async () => {
  const d = tinyDictionary(dModel);
  const attempt = (edit: Edit) => model.forward({ inputIds }, { edits: [edit] });
  const wrong: [Edit, string][] = [
    [
      { at: "blocks.3.hook_mlp_out", kind: "add", dictionary: d, features: [] },
      "there is no hook point blocks.3.hook_mlp_out",
    ],
    [
      { at: "blocks.0.hook_resid", kind: "add", dictionary: d, features: [] },
      "blocks.N.hook_mlp_out, blocks.N.hook_resid_post for N from 0 to 2",
    ],
    [{ at, kind: "add", dictionary: d, features: [10] }, `edit at ${at}: feature 10 is not in a dictionary of 10`],
    [{ at, kind: "add", dictionary: d, features: [-1] }, "feature -1 is not in"],
    [{ at, kind: "add", dictionary: d, features: [0.5] }, "feature 0.5 is not in"],
    [
      { at, kind: "add", dictionary: { ...d, dIn: 8 }, features: [] },
      "the dictionary reads 8 dimensions, the model has 16",
    ],
  ];
  for (const [edit, message] of wrong) await expect(attempt(edit)).rejects.toThrow(message);
  await expect(model.forward({ inputIds }, { hooks: ["blocks.9.hook_mlp_out"] })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});
