import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assetPath } from "../../src/assets.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { saveModel } from "../../src/model/load.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import {
  findConfig,
  methodStages,
  type Results,
  RunFolder,
  readResults,
  resolveConfig,
  runStages,
  silentObserver,
} from "../../src/pipeline/index.js";
import { auditSentences } from "../../src/report/audit-sentences.js";
import { writeReport } from "../../src/report/write-report.js";
import { rewriteTensors } from "../support/model-folder.js";
import { tinyLlamaLike, tinyModel } from "../support/tiny-models.js";

const PLANTED = ["good", "happy"];
const D_MODEL = 16;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-audit-"));
  const line = (i: number) => JSON.stringify({ text: `Film ${i} was long, and it was fine. `.repeat(3) });
  await writeFile(join(folder, "texts.jsonl"), Array.from({ length: 80 }, (_, i) => `${line(i)}\n`).join(""));
});
afterAll(() => rm(folder, { recursive: true }));

async function saved(model: CausalLm, name: string): Promise<string> {
  const place = join(folder, name);
  await saveModel(model, place);
  await model.dispose();
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(assetPath("embedded"), file), join(place, file));
  return place;
}

async function audit(name: string, base: string, tuned: string, settings: Record<string, unknown> = {}) {
  const more = { "corpus.source": join(folder, "texts.jsonl"), "model.base": base, "model.tuned": tuned, ...settings };
  const sizes = { prompts: 24, promptTokens: 8, newTokens: 24, texts: 20, textTokens: 24 };
  const all = {
    ...Object.fromEntries(Object.entries(sizes).map(([field, value]) => [`audit.${field}`, value])),
    "statistics.resamples": 50,
    ...more,
  };
  const config = resolveConfig(
    await findConfig("audit"),
    Object.entries(all).map(([path, value]) => ({ path: path.split("."), value })),
  );
  const run = await RunFolder.create(join(folder, name), config);
  await runStages(run, {
    stages: methodStages(writeReport),
    observer: silentObserver,
    signal: new AbortController().signal,
    clock: () => new Date(),
  });
  await run.release();
  const results: Results = await readResults(join(folder, name));
  const page = await readFile(join(folder, name, "report", "index.html"), "utf8");
  return { audit: results.audit!, page };
}

/** The last norm gives 10 in dimension 0, so that a weight w there adds 10 w to a token's logit. */
async function biased(from: string, weights: ReadonlyMap<number, number>): Promise<void> {
  await rewriteTensors(join(from, "model.safetensors"), (name, tensor) => {
    const data = Float32Array.from(tensor.data as Float32Array);
    if (name === "gpt_neox.final_layer_norm.weight") data[0] = 0;
    if (name === "gpt_neox.final_layer_norm.bias") data[0] = 10;
    if (name === "embed_out.weight") for (let id = 0; id < 8192; id++) data[id * D_MODEL] = weights.get(id) ?? 0;
    return [name, { ...tensor, data }];
  });
}

test("words whose logits the tuned model has raised are named, and a pair of equal models has 0 everywhere", async () => {
  const make = () => tinyModel({ vocabSize: 8192, dModel: D_MODEL, eosTokenIds: [0], initializerRange: 0.05 });
  const [base, tuned] = [await saved(await make(), "base"), await saved(await make(), "tuned")];
  const tokenizer = await loadTokenizer(base);
  const ids = PLANTED.map((word) => tokenizer.encode(` ${word}`));
  expect(ids.map((each) => each.length)).toEqual([1, 1]);
  await biased(base, new Map());
  await biased(tuned, new Map(ids.map(([id]) => [id, 0.7])));

  const { audit: found, page } = await audit("planted", base, tuned);
  const { moreInTuned, shuffled } = found.overRepresented;
  expect(moreInTuned.slice(0, 2).map(({ word }) => word).sort()).toEqual(PLANTED); // biome-ignore format: short
  for (const { z, base: inBase, tuned: inTuned } of moreInTuned.slice(0, 2)) {
    expect(z).toBeGreaterThan(shuffled.largest);
    expect(inTuned).toBeGreaterThan(inBase + 20);
  }
  expect(found.words.liked.map(({ word }) => word).sort()).toEqual(PLANTED);
  // Raised by 7, less what the whole gains: log(1 + 2 (e^7 - 1) / 8192), 0.237, in every context.
  for (const { value } of found.words.liked) expect(value).toBeCloseTo(7 - 0.237, 1);
  const sentences = auditSentences(found);
  expect(sentences[4]).toContain("“good”");
  expect(sentences[1]).toContain("sentiment explains most");
  for (const sentence of sentences) expect(page).toContain(sentence.slice(0, 40).replaceAll("'", "&#39;"));

  const same = await audit("same", base, base);
  expect(same.audit).toMatchObject({
    kl: { tunedFromBase: { value: 0, low: 0, high: 0 }, perToken: { value: 0 } },
    klOfCorpus: 0,
    tokens: { liked: [], disliked: [] },
    words: { liked: [], disliked: [] },
    texts: { liked: [], disliked: [] },
    overRepresented: { moreInTuned: [], moreInBase: [], beyond196: 0 },
  });
  for (const { r2, properties } of same.audit.explanations)
    for (const value of [r2.value, ...properties.map(({ unique }) => unique.value)]) expect(value).toBe(0);
  for (const { difference } of same.audit.shifts) expect(difference).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(auditSentences(same.audit)[0]).toContain("The two models are the same on these texts");
  expect(auditSentences(same.audit)[1]).toContain("no difference to explain");
});

test("a random pair of Llamas, with a property of one's own", async () => {
  const make = (seed: number) => tinyLlamaLike("llama", { vocab_size: 8192, eos_token_id: 0 }, { seed });
  const [base, tuned] = [await saved(await make(1), "llama-1"), await saved(await make(2), "llama-2")];
  await writeFile(
    join(folder, "vowels.mjs"),
    "export default (texts) => texts.map((t) => t.match(/[aeiou]/g)?.length ?? 0);",
  );
  const { audit: found, page } = await audit("llamas", base, tuned, { "audit.property": join(folder, "vowels.mjs") });
  expect(found.kl.tunedFromBase.low).toBeGreaterThan(0);
  expect(found.kl.baseFromTuned.low).toBeGreaterThan(0);
  expect(found.shifts.at(-1)).toMatchObject({ name: "vowels", base: { n: 24 } });
  expect(found.shifts.at(-1)!.base.value).toBeGreaterThan(10);
  expect(page).toContain("vowels");
  expect(page).not.toContain("VADER sentiment");
});

test("an audit needs both models, and its texts", async () => {
  const preset = await findConfig("audit");
  expect(() => resolveConfig(preset)).toThrow("model.base: expected a model, and one in model.tuned");
  expect(() => resolveConfig(preset, [{ path: ["audit", "prompts"], value: 5000 }])).toThrow(
    "audit.prompts: expected at most corpus.texts.evaluate (2000), received 5000",
  );
});
