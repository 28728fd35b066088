/**
 * What every causal architecture says of its parameters: heads and neurons may change places, in all
 * tensors that count them, and the model is the same; tokens too, if texts are written with their new ids.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { ParameterUnits, UnitKind } from "../../src/model/architectures/parameter-role.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { loadModel } from "../../src/model/load.js";
import { contractEngine } from "../support/contract-engine.js";
import { expectClose } from "../support/expect-close.js";

const goldenFolder = fileURLToPath(new URL("../golden/models", import.meta.url));
const folders = readdirSync(goldenFolder).filter((name) => existsSync(join(goldenFolder, name, "golden.safetensors")));
const ids = [3, 1, 7, 2, 5, 1, 4];

const engine = await contractEngine();
afterAll(() => engine.close());

/** For every index along an axis, the one that has the same place in the unit at the other end. */
function reversedUnits(count: number, { unitOf }: ParameterUnits): number[] {
  const indices = Array.from({ length: count }, (_, index) => index);
  const last = Math.max(...indices.map(unitOf));
  const members = Array.from({ length: last + 1 }, (_, unit) => indices.filter((index) => unitOf(index) === unit));
  const places = new Array<number>(count);
  for (const [unit, own] of members.entries())
    for (const [place, index] of own.entries()) places[index] = members[members.length - 1 - unit][place];
  return places;
}

/** Lets the units of some kinds change places; returns how many tensors changed. */
async function reverse(model: CausalLm, kinds: readonly UnitKind[]): Promise<number> {
  let changed = 0;
  for (const { name, dims } of model.architecture.layout(model.config)) {
    const { units } = model.architecture.role(name, model.config);
    if (!units || !kinds.includes(units.kind)) continue;
    const { data } = await model.parameter(name);
    const columns = data.length / dims[0];
    const places = reversedUnits(dims[units.axis], units);
    const moved = data.map((_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return units.axis === 0 ? data[places[row] * columns + column] : data[row * columns + places[column]];
    });
    if (moved.some((value, i) => value !== data[i])) changed++;
    await model.store.write(name, moved);
  }
  return changed;
}

describe.each(folders)("%s", (name) => {
  test.each([[["head", "keyValueHead"]], [["neuron"]]] as const)("%s change places", async (kinds) => {
    const model = await loadModel(join(goldenFolder, name), { engine });
    const { logits: before } = await model.forward({ inputIds: [ids] });
    const changed = await reverse(model, kinds);
    const { nLayers, nHeads } = model.config;
    // Input and output of every layer at least.
    if (kinds[0] === "neuron" || nHeads > 1) expect(changed).toBeGreaterThanOrEqual(2 * nLayers);
    const { logits: after } = await model.forward({ inputIds: [ids] });
    expectClose(after.data, before.data, 1e-4, "logits");
    await model.dispose();
  });

  test("tokens change places", async () => {
    const model = await loadModel(join(goldenFolder, name), { engine });
    const { vocabSize } = model.config;
    const { logits: before } = await model.forward({ inputIds: [ids] });
    expect(await reverse(model, ["token"])).toBeGreaterThanOrEqual(1);
    const { logits: after } = await model.forward({ inputIds: [ids.map((id) => vocabSize - 1 - id)] });
    const back = after.data.map((_, i) => {
      const row = Math.floor(i / vocabSize);
      return after.data[row * vocabSize + vocabSize - 1 - (i % vocabSize)];
    });
    expectClose(back, before.data, 1e-4, "logits");
    await model.dispose();
  });

  test("what is in a layer is attention, MLP or norm", async () => {
    const model = await loadModel(join(goldenFolder, name), { engine });
    const roles = model.parameterNames.map((parameter) => model.architecture.role(parameter, model.config));
    for (let layer = 0; layer < model.config.nLayers; layer++) {
      const modules = roles.filter((role) => role.layer === layer).map(({ module }) => module);
      expect([...new Set(modules)].sort()).toEqual(["attention", "mlp", "norm"]);
    }
    const outside = roles.filter(({ layer }) => layer === undefined).map(({ module }) => module);
    expect(outside).toContain("embedding");
    expect(outside.every((module) => ["embedding", "unembedding", "norm"].includes(module))).toBe(true);
    await model.dispose();
  });
});
