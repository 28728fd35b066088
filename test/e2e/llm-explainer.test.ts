import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { assetPath } from "../../src/assets.js";
import {
  methodStages,
  RunFolder,
  readFeatures,
  readResults,
  resolveConfig,
  runStages,
  silentObserver,
} from "../../src/pipeline/index.js";
import { Rng } from "../../src/rng.js";
import { type ChatServer, chatServer } from "../support/chat-server.js";
import { savedWithTokenizer } from "../support/model-folder.js";
import { tinyModel } from "../support/tiny-models.js";

const KEY = "sk-key-of-the-pipeline-test";
let folder: string;
let server: ChatServer;

/** A model that knows the forms of the shipped prompts: the even half of all questions gets a yes. */
function answer(prompt: string): string {
  const lines = (pattern: RegExp) => [...prompt.matchAll(pattern)];
  const even = prompt.length % 2;
  if (prompt.includes('{"explanation"')) return JSON.stringify({ explanation: `words of praise, ${prompt.length}` });
  if (prompt.includes('{"answer"')) return JSON.stringify({ answer: even ? "no" : "yes", reason: "so it seems" });
  if (prompt.includes('{"negative"'))
    return '{"negative": ["terrible", "xyzzy", "good"], "neutral": ["the", "good", "which", "there", "about", "would", "their", "movie", "other", "could"]}';
  if (prompt.includes("one token per line")) {
    const tokens = prompt.split("\n\n").at(-2)!.split("\n");
    return tokens.map((token) => `${token}\t${token.length % 11}`).join("\n");
  }
  return lines(/^(\d+)\t/gm)
    .map(([, number]) => `${number}\t${Number(number) % 2}`)
    .join("\n");
}

beforeAll(async () => {
  vi.stubEnv("TEST_LLM_KEY", KEY);
  server = await chatServer(answer);
  folder = await mkdtemp(join(tmpdir(), "rewardscope-llm-"));
  const shape = { vocabSize: 8192, nLayers: 1, maxPositions: 128, eosTokenIds: [0], initializerRange: 0.05 };
  await savedWithTokenizer(await tinyModel(shape), join(folder, "base"));
  await cp(join(folder, "base"), join(folder, "tuned"), { recursive: true });
  const rng = Rng.fromSeed(5, "texts");
  const { model } = JSON.parse(await readFile(join(assetPath("embedded"), "tokenizer.json"), "utf8"));
  const plain = Object.keys(model.vocab).flatMap((token) => /^Ġ([a-z]{5,})$/.exec(token)?.slice(1) ?? []);
  const words = plain.slice(0, 500);
  const verdicts = "good great bad terrible boring wonderful awful perfect".split(" ");
  const pick = (list: readonly string[]) => list[rng.integer(list.length)];
  const text = () => Array.from({ length: 70 }, (_, i) => pick(i % 7 === 6 ? verdicts : words)).join(" ");
  const rows = Array.from({ length: 260 }, () => `${JSON.stringify({ text: `The ${text()}.` })}\n`);
  await writeFile(join(folder, "texts.jsonl"), rows.join(""));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true });
});

const configOf = (maxTokens: number) =>
  resolveConfig({
    source: "test",
    input: {
      model: { base: join(folder, "base"), tuned: join(folder, "tuned") },
      corpus: {
        source: join(folder, "texts.jsonl"),
        splits: { tune: "all", rest: "all" },
        texts: { tune: 4, dictionaries: 60, triples: 160, evaluate: 4, frequency: 4 },
      },
      ppo: { evaluation: { prompts: 4 } },
      ablation: { prompts: 4 },
      dictionaries: { l1Coef: 0.0001, epochs: 1 },
      features: { topK: 4, examplesPerFeature: 4, examplesShown: 2 },
      triples: { minDistinctNegatives: 1, substitutions: "llm", count: 20 },
      statistics: { resamples: 50 },
      explainer: {
        name: "llm",
        baseURL: server.baseURL,
        model: "test-model",
        keyVariable: "TEST_LLM_KEY",
        requestsPerMinute: 1e6,
        maxTokens,
        pricePerMillionTokens: 2,
      },
    },
  });

const STAGES = ["tune", "divergence", "dictionaries", "match", "explain", "classify", "score", "triples"];

async function run(maxTokens: number, force?: string): Promise<string[]> {
  const lines: string[] = [];
  const out = join(folder, "run");
  const config = configOf(maxTokens);
  const opened = maxTokens < 1e5 ? await RunFolder.create(out, config) : await RunFolder.open(out, config);
  try {
    const stages = methodStages(async () => "").filter(({ name }) => STAGES.includes(name));
    const observer = { ...silentObserver, log: (line: string) => void lines.push(line) };
    await runStages(opened, {
      stages,
      observer,
      signal: new AbortController().signal,
      clock: () => new Date(0),
      force,
    });
  } catch (error) {
    lines.push((error as Error).message);
  } finally {
    await opened.release();
  }
  return lines;
}

it("explains, labels, scores and substitutes with a language model, goes on after its limit, and keeps no key", {
  timeout: 300_000,
}, async () => {
  const stopped = await run(4000);
  expect(stopped.find((line) => line.startsWith("test-model"))).toMatch(
    /^test-model: about explain 8 requests, .*; classify 16 requests, .*cost 0\.\d\d\. Saved from before: 0 replies/,
  );
  expect(stopped.at(-1)).toMatch(/explainer.maxTokens is 4000: \d+ replies have used \d+ tokens[\s\S]*--resume/);
  const before = server.seen.length;
  expect(before).toBeGreaterThan(8);

  const lines = await run(1e6);
  expect(lines.at(-1)).toMatch(
    /of \d+ triples, [1-9]\d* negative and [1-9]\d* neutral words are proposals of test-model/,
  );
  const prompts = server.seen.map(({ messages }) => JSON.stringify(messages));
  expect(new Set(prompts).size).toBe(prompts.length);

  const out = join(folder, "run");
  const features = await readFeatures(out);
  expect(features).toHaveLength(8);
  const replies = await readdir(join(out, "llm-cache"));
  expect(replies).toHaveLength(server.seen.length);
  for (const { explanation, explainedIn, classifiedIn, related, reason, scores, density } of features) {
    if (density === 0) continue;
    expect(explanation).toMatch(/^words of praise, \d+$/);
    expect(reason).toBe("so it seems");
    const [kept] = explainedIn!;
    const exchange = JSON.parse(await readFile(join(out, "llm-cache", `${kept}.json`), "utf8"));
    expect(exchange).toMatchObject({ model: "test-model", reply: { content: JSON.stringify({ explanation }) } });
    expect(exchange.messages[0].content).toMatch(/\t10\n/);
    expect(classifiedIn).toHaveLength(2);
    expect(related).toBeTypeOf("boolean");
    if (scores?.simulation) expect(scores.simulation.correlation.n).toBeGreaterThan(4);
  }
  const { score, classify } = await readResults(out);
  expect(classify).toMatchObject({
    explainer: "language model test-model",
    models: [{ topics: [{ topic: "movie opinion" }] }, {}],
  });
  for (const part of [score?.models, score?.fuzzing, score?.simulation])
    expect(part?.map(({ model, explained }) => [model, explained])).toEqual([
      ["base", 4],
      ["tuned", 4],
    ]);
  // Features of a random model fire in nearly every excerpt, so that detection has no silent ones.
  expect(score!.fuzzing.reduce((sum, { scored }) => sum + scored, 0)).toBeGreaterThan(0);
  expect(score!.simulation.reduce((sum, { scored }) => sum + scored, 0)).toBeGreaterThan(0);

  const asked = server.seen.length;
  const tables = ["features.jsonl", "labels.jsonl", "scores.jsonl"];
  const texts = () => Promise.all(tables.map((name) => readFile(join(out, name), "utf8")));
  const written = await texts();
  await run(1e6, "explain");
  expect(server.seen.length).toBe(asked);
  expect(await texts()).toEqual(written);

  expect(server.seen.every(({ key }) => key === KEY)).toBe(true);
  const files = await readdir(out, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile()))
    expect((await readFile(join(file.parentPath, file.name))).includes(KEY), file.name).toBe(false);
  expect([...stopped, ...lines].join("\n")).not.toContain(KEY);
});
