import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "../../../../test/support/expect-close.js";
import { tinyModel } from "../../../../test/support/tiny-models.js";
import type { DictionaryKind } from "../../../dictionary/kind.js";
import { Graph } from "../../../graph/builder.js";
import { passInputs } from "../../../model/architectures/architecture.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import { tokenLogProbs } from "../../../model/causal-lm.js";
import { copyModel } from "../../../model/load.js";
import { Rng } from "../../../rng.js";
import { parameterInputs } from "../../../runtime/parameter-inputs.js";
import type { FloatTensor } from "../../../runtime/tensor.js";
import { Autoencoder } from "../../../sae/index.js";
import { contrastFeeds } from "../contrast-batches.js";
import { contrast, type TextPair } from "../text-pairs.js";
import { ExchangeBatch, type SharedDictionary } from "./exchange.js";
import { exchangedLogits } from "./exchanged-logits.js";

const base = await tinyModel({ initializerRange: 0.2 });
const tuned: CausalLm = await copyModel(base);
const noise = Rng.fromSeed(4, "noise");
for (const name of base.parameterNames) {
  const { data } = await base.parameter(name);
  await tuned.store.write(
    name,
    data.map((value) => value + 0.1 * noise.normal()),
  );
}
afterAll(() => Promise.all([base.dispose(), tuned.dispose()]));

const [dModel, dSae] = [base.config.dModel, 24];

function dictionary(layer: number, kind: DictionaryKind): SharedDictionary {
  const rng = Rng.fromSeed(layer, "dictionary");
  const draw = (n: number, size: number) => Float32Array.from({ length: n }, () => size * rng.normal());
  const wDec = draw(dSae * dModel, 1);
  for (let f = 0; f < dSae; f++) {
    const row = wDec.subarray(f * dModel, (f + 1) * dModel);
    const norm = Math.hypot(...row);
    for (let i = 0; i < dModel; i++) row[i] /= norm;
  }
  const weights = { wEnc: draw(dModel * dSae, 0.8), bEnc: draw(dSae, 0.1), wDec, bDec: draw(dModel, 0.1) };
  const given = { dIn: dModel, dSae, ...weights, applyBDecToInput: true, kind };
  return { layer, dictionary: new Autoencoder(given, { layer, tied: false }) };
}

const pairs: TextPair[] = Array.from({ length: 3 }, (_, i) => ({
  prompt: [1, i],
  base: [2, 3, 4 + i].slice(0, 3 - (i % 2)),
  tuned: [5 + i, 6],
}));
const all = Array.from({ length: dSae }, (_, feature) => feature);
const ends = { base: await contrast(base, pairs), tuned: await contrast(tuned, pairs) };

const batchOf = (dictionaries: readonly SharedDictionary[]) => new ExchangeBatch(dictionaries, pairs, base.config);

/** The summed contrast of a model with given MLP outputs, by a separate graph without edits. */
async function contrastOfOutputs(model: CausalLm, outputs: Readonly<Record<number, FloatTensor>>): Promise<number> {
  const program = await model.program(`outputs ${Object.keys(outputs)}`, () => {
    const g = new Graph("given MLP outputs");
    const parameter = parameterInputs(g, model.store.layout);
    const states = model.architecture.hidden(g, model.config, parameter, passInputs(g), {
      at: ({ layer, site }, value) =>
        site === "mlp_out" && outputs[layer] ? g.input(`out${layer}`, ["batch", "length", dModel]) : value,
    });
    const selected = g.gather(g.flatten(states), g.input("rows", ["rows"], "int64"));
    const logits = model.architecture.unembed(g, model.config, parameter, selected);
    const logProbs = tokenLogProbs(g, logits, g.input("targets", ["rows"], "int64"));
    g.output("sum", g.reduceSum(g.mul(logProbs, g.input("weights", ["rows"]))));
    return g;
  });
  const given = Object.fromEntries(Object.entries(outputs).map(([layer, tensor]) => [`out${layer}`, tensor]));
  const feeds = { ...contrastFeeds(model.config, pairs), ...given };
  const { sum } = await program.run({ feeds, stores: [model.store], fetch: ["sum"] });
  return Number(sum.data[0]);
}

const sumOf = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

describe.each<DictionaryKind>([{ name: "relu" }, { name: "topk", k: 3 }])("dictionaries of kind %o", (kind) => {
  const dictionaries = [dictionary(0, kind), dictionary(1, kind)];
  const batch = batchOf(dictionaries);

  test("nothing exchanged leaves a model as it is, and its own values change nothing", async () => {
    const own = await batch.read(base);
    expectClose(await batch.contrast(base, own, { features: [[], []] }), [...ends.base], 1e-5);
    for (const error of [false, true])
      expectClose(await batch.contrast(base, own, { features: [all, [1, 2]], error }), [...ends.base], 1e-5);
  });

  test("all features and the error in all layers are all MLP outputs of the other model", async () => {
    for (const [own, from, end] of [
      [base, tuned, ends.base],
      [tuned, base, ends.tuned],
    ] as const) {
      const other = await batch.read(from);
      const found = await batch.contrast(own, other, { features: [all, all], error: true });
      const expected = await contrastOfOutputs(own, { 0: other[0].outputs, 1: other[1].outputs });
      expect(Math.abs(sumOf(found) - expected)).toBeLessThan(1e-4);
      expect(Math.abs(sumOf(found) - sumOf(end))).toBeGreaterThan(0.01);
    }
  });

  test("chosen features of one layer, with a dose and a shift, are what they say", async () => {
    const upper = batchOf(dictionaries.slice(1));
    const [[own], [other]] = [await upper.read(base), await upper.read(tuned)];
    const { wDec } = dictionaries[1].dictionary;
    const chosen = all.filter((feature) => feature % 2 === 0);
    const shift = [Float32Array.from({ length: dModel }, (_, i) => 0.01 * i)];
    const data = own.outputs.data.map((value, at) => {
      const [token, i] = [Math.floor(at / dModel), at % dModel];
      const change = (feature: number) => other.codes[token * dSae + feature] - own.codes[token * dSae + feature];
      return value + shift[0][i] + chosen.reduce((sum, f) => sum + 0.7 * change(f) * wDec[f * dModel + i], 0);
    });
    const found = await upper.contrast(base, [other], { features: [chosen], dose: 0.7, shift });
    const expected = await contrastOfOutputs(base, { 1: { dims: own.outputs.dims, data } });
    expect(Math.abs(sumOf(found) - expected)).toBeLessThan(1e-4);
    expect(Math.abs(expected - sumOf(ends.base))).toBeGreaterThan(1e-3);
  });

  test("logits of a text that grows are those of the same exchange in a fixed text", async () => {
    const exchange = {
      features: [
        [1, 4, 7],
        [0, 2, 5, 20],
      ],
      dose: 0.6,
    };
    const found = await batch.contrast(base, await batch.read(tuned), exchange);
    const next = exchangedLogits(base, tuned, { dictionaries, exchange });
    const logProb = async (row: readonly number[], start: number) => {
      let sum = 0;
      for (let t = start; t < row.length; t++) {
        const logits = await next(row.slice(0, t));
        sum += logits[row[t]] - Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
      }
      return sum;
    };
    for (const [i, { prompt, base: before, tuned: after }] of pairs.entries()) {
      const [ofTuned, ofBase] = [await logProb([...prompt, ...after], 2), await logProb([...prompt, ...before], 2)];
      expect(Math.abs(ofTuned - ofBase - found[i])).toBeLessThan(1e-4);
    }
    expect(Math.abs(sumOf(found) - sumOf(ends.base))).toBeGreaterThan(1e-3);
  });

  test("the gradient is that of finite differences", async () => {
    const upper = batchOf(dictionaries.slice(1));
    const [own] = await upper.read(base);
    // Along a direction in which the gradient is large: the gradient itself.
    const { data: gradient } = own.gradient;
    const norm = Math.hypot(...gradient);
    const at = (step: number) =>
      contrastOfOutputs(base, {
        1: { dims: own.outputs.dims, data: own.outputs.data.map((value, i) => value + (step * gradient[i]) / norm) },
      });
    const slope = ((await at(0.02)) - (await at(-0.02))) / 0.04;
    expect(Math.abs(slope / norm - 1)).toBeLessThan(0.01);
  });
});
