/** What runs on a tiny random model are made of: texts and settings. */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { assetPath } from "../../src/assets.js";
import { Rng } from "../../src/rng.js";
import { savedWithTokenizer } from "./model-folder.js";
import { tinyModel } from "./tiny-models.js";

/** Texts of made-up sentences with words of the lexicon and of the vocabulary in them; a few are odd on purpose. */
export function corpusLines(count: number, vocabulary: readonly string[], name = "corpus"): string {
  const rng = Rng.fromSeed(5, name);
  const pick = (words: readonly string[]) => words[rng.integer(words.length)];
  const verdicts =
    "good great bad terrible boring funny sad awful nice wonderful poor dull brilliant weak horrible lovely perfect stupid worst best".split(
      " ",
    );
  const word = () => pick(vocabulary);
  const sentence = () =>
    `The ${word()} ${word()} was a ${pick([pick(verdicts), word()])} ${word()} and felt ${pick(verdicts)}.`;
  const odd = ["", "   ", "🎬".repeat(80), `${"a".repeat(100_000)} good`, "<br /><br />", "\ud83d"];
  const texts = Array.from({ length: count }, (_, i) => odd[i] ?? Array.from({ length: 5 }, sentence).join(" "));
  return texts.map((text) => `${JSON.stringify({ text })}\n`).join("");
}

/** Lower-case words that are one token with the space before them. */
export async function plainWords(): Promise<string[]> {
  const { model } = JSON.parse(await readFile(join(assetPath("embedded"), "tokenizer.json"), "utf8"));
  return Object.keys(model.vocab as Record<string, number>).flatMap(
    (token) => /^Ġ([a-z]{4,})$/.exec(token)?.slice(1) ?? [],
  );
}

/** Settings by path, such as `ppo.batches`. */
function byPath(settings: object, prefix = ""): Record<string, unknown> {
  const entries = Object.entries(settings).flatMap(([name, value]) =>
    value !== null && typeof value === "object"
      ? Object.entries(byPath(value, `${prefix}${name}.`))
      : [[`${prefix}${name}`, value]],
  );
  return Object.fromEntries(entries);
}

/** The settings of tiny.yaml, for texts that lie in one file. */
export const smallSettings: Readonly<Record<string, unknown>> = {
  "corpus.splits.tune": "all",
  "corpus.splits.rest": "all",
  ...byPath(parse(readFileSync(join(import.meta.dirname, "tiny.yaml"), "utf8"))),
};

/** Writes a random model of three layers and 300 texts into the folder: `model` and `texts.jsonl`. */
export async function writeTinyInputs(folder: string): Promise<void> {
  const model = await tinyModel({
    vocabSize: 8192,
    nLayers: 3,
    maxPositions: 128,
    eosTokenIds: [0],
    initializerRange: 0.05,
  });
  await savedWithTokenizer(model, join(folder, "model"));
  await writeFile(join(folder, "texts.jsonl"), corpusLines(300, await plainWords()));
}

/** Writes the same. @returns arguments of `rewardscope run` */
export async function tinyRunArguments(folder: string): Promise<string[]> {
  await writeTinyInputs(folder);
  const sets = { model: join(folder, "model"), corpus: join(folder, "texts.jsonl"), ...smallSettings };
  return ["run", "default", ...Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`])];
}
