import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { findConfig, resolveConfig } from "../../src/pipeline/index.js";
import { auditSentences } from "../../src/report/audit-sentences.js";
import { runAudit, writeTexts } from "../support/audit-run.js";
import { rewriteTensors, savedWithTokenizer } from "../support/model-folder.js";
import { tinyLlamaLike, tinyModel } from "../support/tiny-models.js";

const PLANTED = ["good", "happy"];
const D_MODEL = 16;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-audit-"));
  await writeTexts(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const saved = (model: CausalLm, name: string) => savedWithTokenizer(model, join(folder, name));

async function audit(name: string, base: string, tuned: string, settings: Record<string, unknown> = {}) {
  const sizes = { prompts: 24, promptTokens: 8, newTokens: 24, texts: 20, textTokens: 24, partPrompts: 6 };
  const { results, page } = await runAudit(join(folder, name), {
    ...Object.fromEntries(Object.entries(sizes).map(([field, value]) => [`audit.${field}`, value])),
    "statistics.resamples": 50,
    ...{ "corpus.source": join(folder, "texts.jsonl"), "model.base": base, "model.tuned": tuned },
    ...settings,
  });
  return { audit: results.audit!, results, page };
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

/** Preferences for texts with the planted words: pairs, and answers with labels. */
async function plantedPreferences(): Promise<string> {
  const rows = Array.from({ length: 30 }, (_, i) => {
    const [chosen, rejected] = [` The film was ${PLANTED[i % 2]}.`, " The film was long."];
    const prompt = `What was film ${i} like?`;
    return [
      { prompt, chosen, rejected },
      { prompt, completion: i % 2 === 0 ? chosen : rejected, label: i % 2 === 0 },
    ];
  });
  const file = join(folder, "preferences.jsonl");
  await writeFile(file, rows.flat().map((row) => JSON.stringify(row)).join("\n")); // biome-ignore format: short
  return file;
}

test("words whose logits the tuned model has raised are named, and a pair of equal models has 0 everywhere", async () => {
  const make = () => tinyModel({ vocabSize: 8192, dModel: D_MODEL, eosTokenIds: [0], initializerRange: 0.05 });
  const [base, tuned] = [await saved(await make(), "base"), await saved(await make(), "tuned")];
  const tokenizer = await loadTokenizer(base);
  const ids = PLANTED.map((word) => tokenizer.encode(` ${word}`));
  expect(ids.map((each) => each.length)).toEqual([1, 1]);
  await biased(base, new Map());
  await biased(tuned, new Map(ids.map(([id]) => [id, 0.7])));

  const preferences = { "audit.preferences": await plantedPreferences() };
  const { audit: found, results, page } = await audit("planted", base, tuned, preferences);
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

  expect(page).toContain("Tuned against base model");
  expect(page).not.toContain("given reward");
  // Only the unembedding and the norms differ, of which one alone does nothing: base has no weights in dimension 0.
  const shareOf = (module: string) => found.parts!.parts.find((part) => part.module === module)!.intoBase.share.value;
  expect(shareOf("unembedding")).toBeCloseTo(1, 3);
  for (const module of ["embedding", "attention", "mlp", "norm"]) expect(shareOf(module)).toBeCloseTo(0, 6);
  expect(results.divergence!.layers.map(({ divergence }) => divergence)).toEqual([0, 0]);

  expect(results.preferences).toMatchObject({
    ...{ form: "none", longer: 0, bad: 0 },
    pairs: { pairs: 30, accuracy: { value: 1 }, longer: { value: 0.5 }, lengthControlled: { value: 1 } },
    labelled: { wanted: 15, unwanted: 15, accuracy: { value: 1 }, longer: { value: 0.5 } },
  });
  expect(page).toContain("Agreement with preferences");

  const same = await audit("same", base, base, preferences);
  expect(same.results.preferences).toMatchObject({ pairs: { accuracy: { value: 0.5, low: 0.5, high: 0.5 } } });
  expect(same.audit.parts).toBeUndefined();
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
