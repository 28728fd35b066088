import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-models.js";
import { logitLens } from "./logit-lens.js";

test("a direction's tokens are those whose unembedding lies along it", async () => {
  const model = await tinyModel();
  const { dModel: d, vocabSize } = model.config;
  const unembedding = (await model.parameter("embed_out.weight")).data;
  // A scale other than 1, so that omitting it would be noticed.
  const gamma = Float32Array.from({ length: d }, (_, i) => 0.5 + i / 10);
  await model.store.write("gpt_neox.final_layer_norm.weight", gamma);
  const directions = Float32Array.from({ length: 70 * d }, (_, i) => Math.sin(i * i));
  const found = await logitLens(model, { dims: [70, d], data: directions }, { count: 3 });
  expect(found).toHaveLength(70);
  for (const row of [0, 69]) {
    const direction = directions.subarray(row * d, (row + 1) * d);
    const mean = direction.reduce((sum, x) => sum + x, 0) / d;
    const logits = Array.from({ length: vocabSize }, (_, token) =>
      direction.reduce((sum, x, i) => sum + (x - mean) * gamma[i] * unembedding[token * d + i], 0),
    );
    const average = logits.reduce((sum, x) => sum + x, 0) / vocabSize;
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a]);
    expect(found[row].promoted.map(({ id }) => id)).toEqual(order.slice(0, 3));
    expect(found[row].suppressed.map(({ id }) => id)).toEqual(order.slice(-3).reverse());
    for (const { id, logit } of [...found[row].promoted, ...found[row].suppressed])
      expect(logit).toBeCloseTo(logits[id] - average, 4);
  }
  await model.dispose();
});
