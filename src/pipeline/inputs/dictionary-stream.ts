/** The training activations of a run's autoencoders. */
import type { Config } from "../../config/config.js";
import { plainTraining } from "../../config/plain-training.js";
import type { LanguageModel } from "../../model/language-model.js";
import type { Rng } from "../../rng.js";
import type { ActivationFile } from "../../sae/activation-file.js";
import { type ActivationStream, streamActivations } from "../../sae/index.js";
import { shuffleTokens } from "../../sae/shuffle-tokens.js";

export interface DictionaryStreamOptions {
  /** Where activations are kept, in the order of the models. */
  readonly files?: readonly (ActivationFile | undefined)[];
  readonly layers: readonly number[];
  readonly epochs: number;
  /** A named random stream, the same at every call. */
  readonly rng: (name: string) => Rng;
  readonly signal?: AbortSignal;
}

/**
 * Batches of whole texts, or of mixed tokens if `dictionaries.shuffleTokens` is set.
 * @param models whose activations are mixed; several only for mixed tokens
 * @param texts token ids, one row per text
 */
export function dictionaryStream(
  { dictionaries }: Config,
  models: readonly LanguageModel[],
  texts: readonly (readonly number[])[],
  { layers, epochs, rng, files, signal }: DictionaryStreamOptions,
): ActivationStream {
  const { batchTexts, maxTokens, shuffleTokens: buffer, batchTokens } = dictionaries;
  const streams = models.map((model, i) => {
    const reading = { layers, batchTexts, maxTokens, epochs, rng: rng("order"), signal };
    return streamActivations(model, texts, { ...reading, file: files?.[i] });
  });
  if (buffer === 0 && models.length === 1) return streams[0];
  return shuffleTokens(streams, { buffer: Math.max(buffer, FEWEST_MIXED), batchTokens, rng: rng("order of tokens") });
}

/** Minimal buffer of mixed tokens; tokens of two models are always mixed. */
const FEWEST_MIXED = 20_000;

/**
 * The settings of autoencoders that a stage depends on. Settings that are not of the paper are left
 * out while they are off, so that runs of earlier versions remain up to date.
 */
export function dictionarySettings<Settings extends Partial<Config["dictionaries"]>>(settings: Settings) {
  const { shuffleTokens: buffer, shared, sharedFactor: _, batchTokens: __, l0Coef: ___, ...others } = settings;
  const used = {
    ...(buffer && { batchTokens: settings.batchTokens }),
    ...(shared && { batchTokens: settings.batchTokens, sharedFactor: settings.sharedFactor }),
    ...(settings.activation === "jumprelu" && { l0Coef: settings.l0Coef }),
  };
  const plain = Object.entries(plainTraining);
  const kept = Object.entries({ ...others, shuffleTokens: buffer, shared }).filter(
    ([name, value]) => value !== undefined && !plain.some(([off, meaning]) => off === name && meaning === value),
  );
  return { ...Object.fromEntries(kept), ...used };
}
