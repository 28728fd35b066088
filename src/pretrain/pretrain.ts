/**
 * Pre-trains a model: tokenizer, training, held-out loss, and a synthetic corpus. Every step can be
 * resumed.
 */
import { mkdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { FormatError } from "../errors.js";
import { messageOf, writeFileAtomic, writeJson } from "../io/atomic.js";
import { readCheckedJson, writeCheckedJson } from "../io/checked-json.js";
import { sha256File } from "../io/hash.js";
import type { HubProgress } from "../io/hub/hub.js";
import { writeJsonl } from "../io/jsonl.js";
import { type GptNeoxConfig, gptNeox } from "../model/architectures/gpt-neox.js";
import { initialiseModel, saveModel } from "../model/load.js";
import { heldOutLoss, pretrain } from "../model/pretrain.js";
import { trainBpe } from "../model/tokenizer/bpe-trainer.js";
import { TokenFile, writeTokenFile } from "../model/tokenizer/token-file.js";
import { loadTokenizer } from "../model/tokenizer/tokenizer.js";
import { warmupStableDecay } from "../optim/schedule.js";
import type { Progress } from "../pipeline/run/progress.js";
import { Rng } from "../rng.js";
import { elementCount } from "../runtime/tensor.js";
import { loadCorpus } from "../text/corpus.js";
import { resolveCorpus } from "../text/resolve-corpus.js";
import { lossCurve, modelCard } from "./model-card.js";
import type { PretrainConfig } from "./pretrain-config.js";
import { sampleCorpus } from "./synthetic-corpus.js";

/** Windows of the last measurement of the held-out loss. */
const HELD_OUT_WINDOWS = 1000;

export interface PretrainContext {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Make no request to the Hub for the corpus. Default: HF_HUB_OFFLINE, else false. */
  readonly offline?: boolean;
  /** Called with the progress of a download of the corpus from the Hub. */
  onDownload?(progress: HubProgress): void;
  log(line: string): void;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function modelConfig({ model, vocabSize }: PretrainConfig): GptNeoxConfig {
  return {
    ...model,
    modelType: "gpt_neox",
    vocabSize,
    kvHeads: model.nHeads,
    headSize: model.dModel / model.nHeads,
    bosTokenId: 0,
    eosTokenIds: [0],
    activation: "gelu",
    layerNormEps: 1e-5,
    rotaryBase: 10000,
    useParallelResidual: true,
    attentionBias: true,
    initializerRange: 0.02,
  };
}

/** Trains tokenizer.json and its companion files, unless they exist. */
async function prepareTokenizer(config: PretrainConfig, { log, signal }: PretrainContext): Promise<void> {
  if (await exists(join(config.out, "tokenizer.json")))
    return log(`tokenizer: ${join(config.out, "tokenizer.json")} exists and is used`);
  const texts = async function* () {
    for await (const { text } of loadCorpus(config.corpus, {
      split: config.splits.train,
      textColumn: config.textColumn,
      lineBreaks: config.lineBreaks,
      signal,
    }))
      yield text;
  };
  log(`training a tokenizer of ${config.vocabSize} entries`);
  const tokenizer = await trainBpe(texts(), { vocabSize: config.vocabSize, signal });
  const special = { bos_token: "<|endoftext|>", eos_token: "<|endoftext|>", unk_token: "<|endoftext|>" };
  await writeJson(join(config.out, "special_tokens_map.json"), special);
  await writeJson(join(config.out, "tokenizer_config.json"), {
    ...special,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    model_max_length: config.model.maxPositions,
    tokenizer_class: "PreTrainedTokenizerFast",
  });
  await writeJson(join(config.out, "tokenizer.json"), tokenizer);
}

interface TokenCounts {
  /** Tokens to train on. */
  train: number;
  charactersPerToken: number;
}

const tokenFiles = ["train.tokens", "heldout.tokens"] as const;

/** Hashes of the token files and of the tokenizer that made them. */
async function hashesOf({ out, work }: PretrainConfig): Promise<Record<string, string>> {
  const paths = [join(out, "tokenizer.json"), ...tokenFiles.map((name) => join(work, name))];
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [basename(path), await sha256File(path)])));
}

/** The counts of token files that are there, whole, and of this tokenizer. */
async function preparedTokens(config: PretrainConfig, log: (line: string) => void): Promise<TokenCounts | undefined> {
  const file = join(config.work, "tokens.json");
  if (!(await exists(file))) return undefined;
  try {
    const { hashes, counts } = await readCheckedJson(file);
    if (isDeepStrictEqual(hashes, await hashesOf(config))) return counts as TokenCounts;
    throw new FormatError(file, "it is of other token files, or of another tokenizer");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    log(`the corpus is encoded again: ${messageOf(error)}`);
    return undefined;
  }
}

/** The corpus as token files in the work folder, with their counts. */
async function prepareTokens(config: PretrainConfig, { log, signal }: PretrainContext): Promise<TokenCounts> {
  const prepared = await preparedTokens(config, log);
  if (prepared) return prepared;
  log("encoding the corpus");
  const tokenizer = await loadTokenizer(config.out);
  const options = { textColumn: config.textColumn, lineBreaks: config.lineBreaks, signal };
  const [trainFile, heldOutFile] = tokenFiles.map((name) => join(config.work, name));
  const train = await writeTokenFile(
    trainFile,
    loadCorpus(config.corpus, { ...options, split: config.splits.train }),
    tokenizer,
  );
  const heldOut = await writeTokenFile(
    heldOutFile,
    loadCorpus(config.corpus, { ...options, split: config.splits.heldOut, limit: config.heldOutTexts }),
    tokenizer,
  );
  const counts = { train: train.tokens, charactersPerToken: heldOut.characters / heldOut.tokens };
  await writeCheckedJson(join(config.work, "tokens.json"), { hashes: await hashesOf(config), counts });
  return counts;
}

/**
 * Trains the model of a configuration and writes its folder: weights, tokenizer, model card, and
 * the synthetic corpus. Called again after an interruption, it continues from the last checkpoint
 * in the work folder.
 */
export async function pretrainModel(given: PretrainConfig, context: PretrainContext): Promise<void> {
  const { progress, signal, log, offline, onDownload } = context;
  const download = { offline, signal, onProgress: onDownload };
  const config = { ...given, corpus: await resolveCorpus(given.corpus, Object.values(given.splits), download) };
  await mkdir(config.work, { recursive: true });
  await mkdir(config.out, { recursive: true });
  await prepareTokenizer(config, context);
  const counts = await prepareTokens(config, context);
  const model = await initialiseModel(
    gptNeox,
    modelConfig(config),
    Rng.fromSeed(config.seed, "pretrain", "parameters"),
    { trainable: true },
  );
  const [train, heldOut] = [
    await TokenFile.open(join(config.work, tokenFiles[0])),
    await TokenFile.open(join(config.work, tokenFiles[1])),
  ];
  const { training } = config;
  const history = await pretrain(model, train, heldOut, {
    ...training,
    schedule: warmupStableDecay(training.warmupSteps, training.steps, training.decayShare),
    seed: config.seed,
    checkpointFolder: config.work,
    checkpointEvery: 200,
    evaluateEvery: 200,
    signal,
    log,
    onStart: (done) => progress.start(training.steps, "steps", done),
    onStep: ({ step, loss }) => progress.update(step, `loss ${loss.toFixed(3)}`),
  });
  progress.end();
  await saveModel(model, config.out, { dtype: config.dtype });
  const finalLoss = await heldOutLoss(model, heldOut, training.length, HELD_OUT_WINDOWS, signal);
  await Promise.all([train.close(), heldOut.close()]);
  log(`held-out loss ${finalLoss.toFixed(3)} nats per token`);

  const tokenizer = await loadTokenizer(config.out);
  const { samples } = config;
  let sampledTexts = 0;
  let dropped = 0;
  for (const [split, count, maxTokens] of [
    ["train", samples.train, samples.trainTokens],
    ["test", samples.test, samples.testTokens],
  ] as const) {
    if (count === 0) continue;
    progress.start(Math.ceil(count * 1.1), "texts");
    const { textColumn, lineBreaks } = config;
    const corpus = loadCorpus(config.corpus, { split: config.splits.train, textColumn, lineBreaks, signal });
    const seed = Rng.fromSeed(config.seed, "pretrain", "samples", split).uint32();
    const { texts, droppedShare } = await sampleCorpus(model, tokenizer, corpus, {
      ...samples,
      count,
      maxTokens,
      minCharacters: 200,
      seed,
      signal,
      onTexts: (done) => progress.update(done),
    });
    progress.end();
    log(`${split}: ${texts.length} sampled texts, ${(100 * droppedShare).toFixed(2)}% dropped`);
    await writeJsonl(
      join(config.out, "corpus", `${split}.jsonl.gz`),
      texts.map((text) => ({ text })),
    );
    dropped = (dropped * sampledTexts + droppedShare * texts.length) / (sampledTexts + texts.length);
    sampledTexts += texts.length;
  }
  const rows = await model.generate([[0], [0], [0], [0]], {
    maxNewTokens: 80,
    temperature: samples.temperature,
    seed: config.seed,
    signal,
  });
  const measured = history.flatMap(({ step, heldOutLoss: loss }) =>
    loss === undefined ? [] : [{ tokens: step * training.batchSize * training.length, loss }],
  );
  await writeFileAtomic(join(config.out, "loss.svg"), lossCurve(measured));
  await writeFileAtomic(
    join(config.out, "README.md"),
    modelCard({
      name: basename(config.out),
      config,
      parameters: model.store.layout.reduce((sum, { dims }) => sum + elementCount(dims), 0),
      history,
      corpusTokens: counts.train,
      charactersPerToken: counts.charactersPerToken,
      heldOutLoss: finalLoss,
      samples: rows.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
      sampledTexts,
      droppedShare: dropped,
    }),
  );
}
