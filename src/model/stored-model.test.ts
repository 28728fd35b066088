import { afterEach, expect, test } from "vitest";
import { countStores, storedModels } from "../../test/support/stored-pair.js";
import { tinyLlamaLike, tinyModel } from "../../test/support/tiny-models.js";
import { elementCount } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";
import { loadModel } from "./load.js";

let counted: ReturnType<typeof countStores> | undefined;
afterEach(() => counted?.restore());

test("a model is in memory while it is used, and its tensors are those of the files", async () => {
  const model = await tinyModel();
  const { stored, remove } = await storedModels([model]);
  const [own] = stored;
  counted = countStores();
  expect(own.parameterNames).toEqual(model.parameterNames);
  for (const name of model.parameterNames) expect(await own.parameter(name)).toEqual(await model.parameter(name));
  expect(counted.most.stores).toBe(0);
  const input = { inputIds: [[1, 2, 3]] };
  const found = await own.inMemory(async (loaded) => {
    expect(counted!.now.stores).toBe(1);
    return loaded.forward(input);
  });
  expect(found).toEqual(await model.forward(input));
  await expect(own.inMemory(() => Promise.reject(new Error("stopped")))).rejects.toThrow("stopped");
  expect(counted.now).toEqual({ stores: 0, values: 0 });
  await remove();
  await model.dispose();
});

test.each([
  ["tied", true, 1],
  ["separate", false, 1],
])("the head of a model with a %s unembedding has that matrix alone", async (_, tie_word_embeddings, matrices) => {
  const model = await tinyLlamaLike("llama", { tie_word_embeddings });
  const { stored, remove } = await storedModels([model]);
  counted = countStores();
  const head = await stored[0].loadHead();
  expect(head.store.names).toEqual([tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight"]);
  expect(counted.now.values).toBe(matrices * 23 * 16);
  expect(counted.now.values).toBeLessThan(sum(model.store.layout.map(({ dims }) => elementCount(dims))));
  await head.dispose();
  expect(counted.now.stores).toBe(0);
  await remove();
  await model.dispose();
});

test("a folder without a model is refused as by loadModel", async () => {
  const { StoredModel } = await import("./stored-model.js");
  const message = await loadModel("/nowhere/at/all").catch((error: Error) => error.message);
  await expect(StoredModel.open("/nowhere/at/all")).rejects.toThrow(message as string);
});
