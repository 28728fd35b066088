import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { recordedRows } from "../../test/support/recorded-rows.js";
import { openSafetensors } from "../io/safetensors.js";
import { Engine } from "../runtime/engine.js";
import { classifiers } from "./architectures/classifiers/classifiers.js";
import { loadClassifierConfig, loadSequenceClassifier } from "./sequence-classifier.js";

const golden = fileURLToPath(new URL("../../test/golden/classifiers", import.meta.url));
const names = readdirSync(golden).filter((name) => existsSync(join(golden, name, "config.json")));

const engine = new Engine();
afterAll(() => engine.close());

async function rowsOf(folder: string): Promise<{ rows: number[][]; logits: Float32Array; labels: number }> {
  const file = await openSafetensors(join(folder, "golden.safetensors"));
  const rows = await recordedRows(file);
  const { dims, data } = await file.read("logits");
  await file.close();
  return { rows, logits: data, labels: dims[1] };
}

test("every family has been recorded", async () => {
  const types = await Promise.all(
    names.map(async (name) => (await loadClassifierConfig(join(golden, name))).architecture.className),
  );
  expect(types.sort()).toEqual(classifiers.map(({ className }) => className).sort());
});

test("a pass gets the mask that its architecture reads, and no other", async () => {
  const load = vi.spyOn(engine, "load");
  for (const [name, first] of [
    ["bert", "batch"],
    ["gpt2", "length"],
  ]) {
    const classifier = await loadSequenceClassifier(join(golden, name), { engine });
    await classifier.logits([[3, 4]]);
    const inputs = load.mock.lastCall![0].inputs.filter(
      ({ dims }) => dims.includes("batch") || dims.includes("length"),
    );
    expect(Object.fromEntries(inputs.map((input) => [input.name, input.dims])), name).toEqual({
      ids: ["batch", "length"],
      mask: [first, "length"],
      positions: ["batch", "length"],
      pooled: ["batch"],
    });
    await classifier.dispose();
  }
  load.mockRestore();
});

describe.each(names)("%s", (name) => {
  test("logits of rows, together and alone, are those of transformers", async () => {
    const folder = join(golden, name);
    const { rows, logits, labels } = await rowsOf(folder);
    const classifier = await loadSequenceClassifier(folder, { engine });
    expect(classifier.config.labels).toEqual(Array.from({ length: labels }, (_, n) => `class ${n}`));
    const { dims, data } = await classifier.logits(rows);
    expect(dims).toEqual([rows.length, labels]);
    expectClose(data, logits, 1e-4, "together");
    for (const [i, row] of rows.entries())
      expectClose(
        (await classifier.logits([row])).data,
        logits.subarray(i * labels, (i + 1) * labels),
        1e-4,
        `row ${i}`,
      );
    await classifier.dispose();
  });
});
