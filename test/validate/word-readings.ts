/**
 * How the two models' log-ratios in whole texts order words, and how linear models of these log-ratios order words
 * that they were not fitted on: by feature activations, and by how tuning changed MLP outputs.
 */
import { encodeTexts, rawActivations } from "../../src/interpret/index.js";
import { centredLogRatios } from "../../src/interpret/probe/triple-log-ratios.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { partTokens } from "../../src/pipeline/inputs/corpus-parts.js";
import { loadRole, loadRunTokenizer, TEXTS_PER_PASS } from "../../src/pipeline/inputs/models.js";
import { encodersOf, loadSmallDictionaries } from "../../src/pipeline/stages/files/dictionary-files.js";
import { ridge } from "../../src/stats/index.js";
import { mean } from "../../src/stats/moments.js";
import type { StageRun } from "./stage-run.js";

const [TEXTS, TEXT_TOKENS, FOLDS] = [300, 96, 5];
/** Texts whose logits are in memory at once. */
const AT_ONCE = 4;
/** Tokens at the start of a text, whose context says little. */
const START = 4;
/** The penalty, of inputs as they are; 1 and 1000 gave areas within 0.05. */
const STRENGTH = 100;

/** Means over a word's occurrences, by word. */
export interface WordReadings {
  readonly logRatios: ReadonlyMap<string, number>;
  readonly byFeatures: ReadonlyMap<string, number>;
  readonly byOutputChanges: ReadonlyMap<string, number>;
}

/** A lower-case word of one token, at a position of a text. */
interface Occurrence {
  readonly text: number;
  readonly position: number;
  readonly word: string;
}

export async function wordReadings(run: StageRun, signal: AbortSignal): Promise<WordReadings> {
  const { folder, config, results } = run;
  const tokenizer = await loadRunTokenizer(config, folder);
  const limits = { maxTokens: TEXT_TOKENS, limit: TEXTS, signal };
  const texts = await partTokens(config, "dictionaries", tokenizer, limits);
  const occurrences = texts.flatMap((ids, text) =>
    ids.flatMap((id, position): Occurrence[] => {
      const token = tokenizer.tokenText(id);
      return position >= START && /^ [a-z]{3,}$/.test(token) ? [{ text, position, word: token.trim() }] : [];
    }),
  );
  const [base, tuned] = [await loadRole(config, folder, "base"), await loadRole(config, folder, "tuned")];
  try {
    const layers = results.divergence!.chosen;
    const raw = layers.map((layer) => rawActivations(layer, base.config.dModel));
    const features = encodersOf(await loadSmallDictionaries(folder, "tuned", layers));
    const inputsOf = async (model: LanguageModel, encoders: typeof raw) => {
      const rows: Float32Array[][] = [];
      for await (const { text, tokens, codes } of encodeTexts(model, encoders, texts, {
        ...{ batchSize: TEXTS_PER_PASS, signal },
      }))
        rows[text] = tokens.map((_, t) =>
          joined(codes.map((own, i) => own.subarray(t * encoders[i].dSae, (t + 1) * encoders[i].dSae))),
        );
      return occurrences.map(({ text, position }) => rows[text][position]);
    };
    const ratios = await logRatiosOf(base, tuned, texts, signal);
    const targets = occurrences.map(({ text, position }) => ratios[text][position]);
    const [before, after] = [await inputsOf(base, raw), await inputsOf(tuned, raw)];
    const changes = after.map((row, i) => row.map((value, at) => value - before[i][at]));
    return {
      logRatios: meansByWord(occurrences, targets),
      byFeatures: meansByWord(occurrences, outOfFold(occurrences, await inputsOf(tuned, features), targets)),
      byOutputChanges: meansByWord(occurrences, outOfFold(occurrences, changes, targets)),
    };
  } finally {
    await Promise.all([base.dispose(), tuned.dispose()]);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Text -> position -> log-ratio of its token, less the mean over the vocabulary under the base model; the first has none. */
async function logRatiosOf(
  base: LanguageModel,
  tuned: LanguageModel,
  texts: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const inputIds = texts.slice(start, start + AT_ONCE);
    const [ofBase, ofTuned] = [
      await base.forward({ inputIds }, { signal }),
      await tuned.forward({ inputIds }, { signal }),
    ];
    const [, length, vocabSize] = ofBase.logits.dims;
    for (const [row, ids] of inputIds.entries()) {
      const own = new Float64Array(ids.length);
      for (let t = 1; t < ids.length; t++) {
        const at = (row * length + length - ids.length + t - 1) * vocabSize;
        const [b, a] = [ofBase, ofTuned].map(({ logits }) => logits.data.subarray(at, at + vocabSize));
        [own[t]] = centredLogRatios(b, a, [ids[t]]);
      }
      found.push(own);
    }
  }
  return found;
}

/** Ridge regression; each occurrence is predicted by a model that was fitted without its word. */
function outOfFold(
  occurrences: readonly Occurrence[],
  inputs: readonly Float32Array[],
  targets: readonly number[],
): number[] {
  const words = [...new Set(occurrences.map(({ word }) => word))].sort();
  const foldOf = new Map(words.map((word, i) => [word, i % FOLDS]));
  const predicted = new Array<number>(occurrences.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const places = (wanted: boolean) =>
      [...occurrences.keys()].filter((i) => (foldOf.get(occurrences[i].word) === fold) === wanted);
    const fitted = places(false);
    const model = ridge(
      fitted.map((i) => inputs[i]),
      fitted.map((i) => targets[i]),
      { strength: STRENGTH },
    );
    const left = places(true);
    for (const [place, value] of [...model.predict(left.map((i) => inputs[i]))].entries())
      predicted[left[place]] = value;
  }
  return predicted;
}

function meansByWord(occurrences: readonly Occurrence[], values: readonly number[]): Map<string, number> {
  const lists = new Map<string, number[]>();
  for (const [i, { word }] of occurrences.entries()) lists.set(word, [...(lists.get(word) ?? []), values[i]]);
  return new Map([...lists].map(([word, list]) => [word, mean(list)]));
}
