import { expect, test } from "vitest";
import { parseConfig } from "../../config/check-config.js";
import type { ConfigInput } from "../../config/config.js";
import { autoencodersOf, hasStudies, planStudies } from "./study-settings.js";

/** Layer 0 of five diverges second most. */
const divergence = {
  layers: [4, 1, 2, 3, 5].map((divergence, layer) => ({ layer, divergence, tensors: [] })),
  chosen: [0, 4],
};

const plan = ({ dictionaries, ...input }: ConfigInput) =>
  planStudies(parseConfig({ ...input, dictionaries: { activation: "relu", ...dictionaries } }, "test"), divergence);
const layersOf = (count: number) =>
  plan({ layers: { count }, studies: { lowest: true } }).layerChoice.map(({ layers }) => layers);

test("nothing that was not asked for", () => {
  expect(plan({})).toEqual({ sweep: [], tying: [], layerChoice: [] });
  expect(hasStudies(parseConfig({}, "test"))).toBe(false);
  for (const studies of [{ l1Coefs: [1] }, { tied: true }, { lowest: true }])
    expect(hasStudies(parseConfig({ studies }, "test"))).toBe(true);
});

test("each study varies one thing", () => {
  const studies = { l1Coefs: [0.01, 0.001], tied: true };
  const { sweep, tying } = plan({ studies, dictionaries: { l1Coef: 0.02, tied: false } });
  const layers = [0, 4];
  expect(sweep).toEqual([
    { setting: "l1 0.001", layers, tied: false, l1Coef: 0.001, kind: { name: "relu", l1Coef: 0.001 } },
    { setting: "l1 0.01", layers, tied: false, l1Coef: 0.01, kind: { name: "relu", l1Coef: 0.01 } },
  ]);
  expect(tying).toEqual([
    { setting: "tied weights", layers, tied: true, l1Coef: 0.02, kind: { name: "relu", l1Coef: 0.02 } },
    { setting: "untied weights", layers, tied: false, l1Coef: 0.02, kind: { name: "relu", l1Coef: 0.02 } },
  ]);
  const topK = plan({ studies, dictionaries: { activation: "topk", k: 4 } });
  expect(topK.tying.map(({ l1Coef, k, kind }) => [l1Coef, k, kind])).toEqual([
    [undefined, 4, { name: "topk", k: 4 }],
    [undefined, 4, { name: "topk", k: 4 }],
  ]);
  expect(topK.sweep.map(({ l1Coef, k }) => [l1Coef, k])).toEqual([
    [0.001, undefined],
    [0.01, undefined],
  ]);
});

test("layers by divergence and by depth; half of them where all would be taken", () => {
  expect(layersOf(2)).toEqual([
    [0, 4],
    [1, 2],
    [0, 1],
  ]);
  // Four of five share three, as five of six share four in the paper.
  expect(layersOf(4)).toEqual([
    [0, 2, 3, 4],
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  for (const count of [5, 9]) expect(layersOf(count)).toEqual(layersOf(2));
});

test("an autoencoder is trained once, whatever settings it serves, and starts as the run's small one", () => {
  const studies = { l1Coefs: [0.006, 0.01], tied: true, lowest: true };
  const input = { studies, layers: { count: 2 }, dictionaries: { tied: true } };
  const { sweep, tying, layerChoice } = plan(input);
  const specs = autoencodersOf([...sweep, ...tying, ...layerChoice], 8, 16);
  expect(specs.map(({ layer, name }) => `${layer} ${name}`)).toEqual([
    "0 tied l1 0.006",
    "0 tied l1 0.01",
    "0 untied l1 0.006",
    "1 tied l1 0.006",
    "2 tied l1 0.006",
    "4 tied l1 0.006",
    "4 tied l1 0.01",
    "4 untied l1 0.006",
  ]);
  expect(specs[2]).toEqual({
    ...{ layer: 0, name: "untied l1 0.006", dIn: 8, dSae: 16, startsAs: "small", tied: false },
    kind: { name: "relu", l1Coef: 0.006 },
  });
});
