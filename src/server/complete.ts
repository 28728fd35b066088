/**
 * Completions of a prefix by the base model, the tuned model, and an edited model: features ablated or
 * steered, other weights, features of the other model, or amplified differences.
 */
import { z } from "zod";
import { ConfigError } from "../errors.js";
import { exchangedLogits } from "../interpret/index.js";
import { amplifiedLogits } from "../model/amplify.js";
import type { CausalLm } from "../model/causal-lm.js";
import type { GenerateOptions, Tokenizer } from "../model/language-model.js";
import { ownLogits, sampleByLogits } from "../model/sample-by-logits.js";
import { scoreWords } from "../reward/vader.js";
import { editProblems, editsOf, editsRequest } from "./edited-features.js";
import { setWeights, weightsProblems, weightsRequest } from "./edited-weights.js";
import { exchangeOf, exchangeProblems, exchangeRequest } from "./exchanged-features.js";
import type { FoundRun } from "./find-runs.js";
import type { LoadedRun, LoadedRuns } from "./loaded-runs.js";

/** A request; the defaults are those of ordinary sampling. */
export const completionRequest = z.strictObject({
  prefix: z.string().min(1).max(4000),
  tokens: z.int().min(1).max(200).default(20),
  temperature: z.number().min(0).max(10).default(1),
  topK: z.int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(1),
  seed: z.int().min(0).max(0xffffffff).default(42),
  edits: editsRequest,
  /** Whose weights the edited column has; default the tuned model's. */
  weights: weightsRequest.optional(),
  /** Shared features that have the other model's activations in the edited column; without `weights`. */
  exchange: exchangeRequest.optional(),
  /** The edited column's logits + amplification (logits - the base model's logits). */
  amplification: z.number().min(-5).max(10).default(0),
});

export type CompletionRequest = z.output<typeof completionRequest>;
export type Column = "base" | "tuned" | "edited";

/**
 * A word of prompt and completion with a value in the lexicon, `start` to `end` in UTF-16 units of
 * both together.
 */
export interface RewardedWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Its contribution to the reward before clipping. */
  readonly value: number;
}

/** One line of the answer: the next piece of a column's text, or the column's result. */
export type CompletionLine =
  | { readonly column: Column; readonly text: string }
  | {
      readonly column: Column;
      readonly done: true;
      readonly text: string;
      readonly reward: number;
      /**
       * The reward of prompt and completion, or of the completion only, by the run's configuration.
       */
      readonly words: readonly RewardedWord[];
      readonly milliseconds: number;
    };

/**
 * Checks what depends on the run's models.
 * @throws ConfigError with all that the run does not have: parts, features, a prefix of any token
 */
export function requirePossible(loaded: LoadedRun, request: CompletionRequest): void {
  const { prefix, edits, weights, exchange } = request;
  const issues = [
    ...(loaded.tokenizer.encode(prefix).length === 0
      ? [{ path: "prefix", expected: "at least one token", received: "none" }]
      : []),
    ...editProblems(loaded, edits),
    ...(weights && exchange
      ? [{ path: "weights, exchange", expected: "one of them, since models exchange as they are", received: "both" }]
      : []),
    ...(weights ? weightsProblems(loaded, weights) : []),
    ...(exchange ? exchangeProblems(loaded, exchange) : []),
  ];
  if (issues.length > 0) throw new ConfigError("completion", issues);
}

/**
 * Completes the prompt in two or three columns in sequence, with the same random numbers; `write`
 * receives each line at once. Other requests may run between columns. The run must have what the
 * request names, as `requirePossible` checks.
 * @throws the signal's reason when it was aborted
 */
export async function complete(
  runs: LoadedRuns,
  run: FoundRun,
  request: CompletionRequest,
  signal: AbortSignal,
  write: (line: CompletionLine) => void,
): Promise<void> {
  const { weights, exchange, amplification } = request;
  const isEdited = request.edits.length > 0 || weights || exchange || amplification !== 0;
  const columns: Column[] = ["base", "tuned", ...(isEdited ? (["edited"] as const) : [])];
  for (const column of columns)
    await runs.use(run, signal, async (loaded) => {
      const edits = editsOf(loaded, request.edits);
      const started = performance.now();
      const ids = loaded.tokenizer.encode(request.prefix);
      const { tokens: maxNewTokens, temperature, topK, topP, seed } = request;
      const pieces = new WholeCharacters(loaded.tokenizer);
      const onToken = (_row: number, id: number): void => {
        const text = pieces.push(id);
        if (text !== "") write({ column, text });
      };
      const options = { maxNewTokens, temperature, topK, topP, seed, signal, onToken };
      const row =
        column === "edited"
          ? await editedRow(loaded, ids, request, { ...options, edits })
          : (await loaded.models[column].generate([ids], options))[0];
      const text = loaded.tokenizer.decode(row.slice(ids.length), { skipSpecialTokens: true });
      const rest = text.slice(pieces.length);
      if (rest !== "") write({ column, text: rest });
      const alone = loaded.config.reward.of === "completion";
      const [reward] = await loaded.reward([alone ? text : request.prefix + text]);
      const words = rewardedWords(loaded, request.prefix, text, alone);
      write({ column, done: true, text, reward, words, milliseconds: Math.round(performance.now() - started) });
    });
}

/** A row of the model with other weights, edited or exchanged features, or amplified differences. */
async function editedRow(
  loaded: LoadedRun,
  ids: readonly number[],
  { weights, exchange, amplification }: CompletionRequest,
  options: GenerateOptions,
): Promise<number[]> {
  const { base, tuned } = loaded.models;
  if (!exchange && amplification === 0) {
    const [row] = await (await editedModel(loaded, weights)).generate([ids], options);
    return row;
  }
  const { edits, signal } = options;
  const own = exchange
    ? exchangedLogits(...(exchange.into === "base" ? ([base, tuned] as const) : ([tuned, base] as const)), {
        ...exchangeOf(loaded, exchange),
        edits,
        signal,
      })
    : ownLogits(await editedModel(loaded, weights), { edits, signal });
  const next = amplification === 0 ? own : amplifiedLogits(own, ownLogits(base, { signal }), amplification);
  return sampleByLogits(next, ids, { ...options, stopTokens: tuned.config.eosTokenIds });
}

async function editedModel(loaded: LoadedRun, weights: CompletionRequest["weights"]): Promise<CausalLm> {
  if (!weights) return loaded.models.tuned;
  const between = await loaded.between();
  await setWeights(between, weights);
  return between.model;
}

/** Decodes a stream of tokens to text, in whole characters. */
class WholeCharacters {
  private readonly ids: number[] = [];
  private shown = "";

  constructor(private readonly tokenizer: Tokenizer) {}

  /** Number of characters returned so far. */
  get length(): number {
    return this.shown.length;
  }

  /** The new text after this token. */
  push(id: number): string {
    this.ids.push(id);
    const text = this.tokenizer.decode(this.ids, { skipSpecialTokens: true });
    // Bytes of a character may be missing, which decode to the replacement character.
    if (text.endsWith("\ufffd")) return "";
    const piece = text.slice(this.shown.length);
    this.shown = text;
    return piece;
  }
}

function rewardedWords(
  { lexicon, config }: LoadedRun,
  prefix: string,
  completion: string,
  alone: boolean,
): RewardedWord[] {
  if (!lexicon) return [];
  const text = alone ? completion : prefix + completion;
  const offset = alone ? prefix.length : 0;
  const words: RewardedWord[] = [];
  let at = 0;
  for (const { word, valence } of scoreWords(text, lexicon)) {
    const start = text.indexOf(word, at);
    if (start < 0) continue;
    at = start + word.length;
    if (valence !== 0)
      words.push({ text: word, start: start + offset, end: at + offset, value: valence / config.reward.scale });
  }
  return words;
}
