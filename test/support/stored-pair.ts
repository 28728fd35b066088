/** Models in folders, and how much of models is in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { saveModel } from "../../src/model/load.js";
import { StoredModel } from "../../src/model/stored-model.js";
import { Engine } from "../../src/runtime/engine.js";
import { elementCount } from "../../src/runtime/tensor.js";

/** Saves models and opens their files. */
export async function storedModels(
  models: readonly CausalLm[],
): Promise<{ stored: StoredModel[]; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-stored-"));
  const stored: StoredModel[] = [];
  for (const [i, model] of models.entries()) {
    await saveModel(model, join(folder, `${i}`));
    stored.push(await StoredModel.open(join(folder, `${i}`)));
  }
  return {
    stored,
    async remove() {
      await Promise.all(stored.map((model) => model.close()));
      await rm(folder, { recursive: true });
    },
  };
}

/** Counts the stores of parameters that are there at once, and their values, until `restore`. */
export function countStores() {
  const now = { stores: 0, values: 0 };
  const most = { stores: 0, values: 0 };
  const create = Engine.prototype.createStore;
  const spy = vi.spyOn(Engine.prototype, "createStore").mockImplementation(async function (
    this: Engine,
    layout,
    options,
  ) {
    const store = await create.call(this, layout, options);
    const values = layout.reduce((total, { dims }) => total + elementCount(dims), 0);
    now.stores++;
    now.values += values;
    most.stores = Math.max(most.stores, now.stores);
    most.values = Math.max(most.values, now.values);
    const drop = store.drop.bind(store);
    store.drop = async () => {
      now.stores--;
      now.values -= values;
      await drop();
    };
    return store;
  });
  return { now, most, restore: () => spy.mockRestore() };
}
