/** Sampling with a key-value cache that stays in the engine. */
import { RewardscopeError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { Rng } from "../rng.js";
import type { Program } from "../runtime/engine.js";
import { STATE_SLOTS } from "../runtime/names.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import { stateInput } from "../runtime/state-inputs.js";
import { elementCount, type FloatTensor, type Tensor } from "../runtime/tensor.js";
import { sum } from "../stats/moments.js";
import { type EngineModel, passInputs } from "./architectures/architecture.js";
import { checkRows, intTensor, lastRows, padLeft, passFeeds } from "./batch.js";
import { applyEdits, editFeeds, editsKey, type PlacedEdit, placeEdits } from "./edits.js";
import type { GenerateOptions } from "./language-model.js";
import { isWorthConstants } from "./parameters-at-rest.js";
import { blockCount, type Choice, isWholeVocabulary, pickToken, sampleInGraph } from "./sampling.js";

/**
 * Maximal number of rows sampled together. With 32 rows a token takes 10 to 30% more time per row;
 * 128 rows would save 5% and double the cache.
 */
const ROWS_AT_ONCE = 64;

/**
 * Positions by which the cache grows: growing copies all of it, and attention also reads the empty
 * positions.
 */
const CAPACITY_STEP = 8;

/**
 * The graph of a step, both for the prompt (no past) and for every further token. `sampled`: the
 * token is sampled inside the graph.
 */
function stepGraph(model: EngineModel, placed: readonly PlacedEdit[], sampled: boolean): Graph {
  const { architecture, config, store } = model;
  const g = new Graph(`sampling of ${config.modelType}`);
  const parameter = parameterInputs(g, store.layout);
  const placement = g.input("placement", ["length", "capacity"]);
  const extend = (name: string, fresh: Value): Value =>
    stateInput(g, name, ["batch", config.kvHeads, "capacity", config.headSize], fresh);
  const states = architecture.hidden(g, config, parameter, passInputs(g, "capacity"), {
    at: (point, value) => applyEdits(g, placed, point, value),
    cache: (layer, keys, values) => ({
      keys: extend(`keys.${layer}`, keys),
      values: extend(`values.${layer}`, values),
      placement,
    }),
  });
  const last = g.gather(g.flatten(states), g.input("rows", ["batch"], "int64"));
  const logits = architecture.unembed(g, config, parameter, last);
  if (!sampled) g.output("logits", logits);
  else {
    const temperature = g.input("temperature", []);
    const uniforms = g.input("uniforms", ["batch", 1]);
    g.output("tokens", sampleInGraph(g, logits, temperature, uniforms, g.input("rowOffsets", ["batch"])));
  }
  return g;
}

/** With a smaller temperature above 0, logits / temperature may overflow single precision. */
const LEAST_TEMPERATURE = 1e-30;

/**
 * @throws ShapeError, RewardscopeError INVALID_INPUT for invalid prompts, before any is continued
 */
function checkPrompts(
  { config }: EngineModel,
  inputIds: readonly (readonly number[])[],
  limitOf: (row: number) => number,
): void {
  for (const [row, prompt] of inputIds.entries()) {
    if (limitOf(row) === 0) continue;
    checkRows([prompt], config);
    if (prompt.length + limitOf(row) > config.maxPositions)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `generate: a prompt of ${prompt.length} tokens and ${limitOf(row)} new ones exceed the model's ${config.maxPositions} positions`,
        { help: "request fewer new tokens, or shorten the prompt" },
      );
  }
}

/** See LanguageModel.generate. */
export async function generate(
  model: EngineModel,
  inputIds: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> {
  const { temperature = 1, topK = 0, topP = 1, maxNewTokens, maxNewTokensPerRow, seed = 42, edits = [] } = options;
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
  const problem = !(temperature === 0 || temperature >= LEAST_TEMPERATURE)
    ? `temperature: expected 0, or ${LEAST_TEMPERATURE} or more, received ${temperature}`
    : !Number.isSafeInteger(seed)
      ? `seed: expected an integer, received ${seed}`
      : !isCount(topK)
        ? `topK: expected 0 or a positive integer, received ${topK}`
        : !(topP > 0 && topP <= 1)
          ? `topP: expected a number in (0, 1], received ${topP}`
          : !isCount(maxNewTokens)
            ? `maxNewTokens: expected 0 or a positive integer, received ${maxNewTokens}`
            : maxNewTokensPerRow && maxNewTokensPerRow.length !== inputIds.length
              ? `maxNewTokensPerRow: expected ${inputIds.length} numbers, received ${maxNewTokensPerRow.length}`
              : maxNewTokensPerRow && !maxNewTokensPerRow.every(isCount)
                ? `maxNewTokensPerRow: expected 0 or positive integers, received ${maxNewTokensPerRow}`
                : undefined;
  if (problem) throw new RewardscopeError("INVALID_INPUT", `generate: ${problem}`);
  const limitOf = (row: number): number => maxNewTokensPerRow?.[row] ?? maxNewTokens;
  checkPrompts(model, inputIds, limitOf);
  const placed = placeEdits(edits, model.config);
  const sampled = isWholeVocabulary({ temperature, topK, topP });
  // Longest first: rows that end together are sampled together, and the last rows of a batch end
  // first.
  const order = [...inputIds.keys()].sort((a, b) => limitOf(b) - limitOf(a) || a - b);
  const steps = sum(order.filter((_, place) => place % ROWS_AT_ONCE === 0).map(limitOf));
  const atRest = edits.length === 0 && isWorthConstants(model.store, steps);
  const program = await model.program(
    `generate ${sampled} ${atRest} ${editsKey(placed)}`,
    () => stepGraph(model, placed, sampled),
    { atRest },
  );
  const results: number[][] = [];
  for (let start = 0; start < order.length; start += ROWS_AT_ONCE) {
    const chosen = order.slice(start, start + ROWS_AT_ONCE);
    const rows = await generateRows(
      model,
      program,
      chosen.map((row) => inputIds[row]),
      chosen.map(limitOf),
      chosen.map((row) => Rng.fromSeed(seed, "generate", String(row))),
      { temperature, topK, topP, sampled },
      { ...options, onToken: (row, id) => options.onToken?.(chosen[row], id) },
    );
    rows.forEach((ids, i) => {
      results[chosen[i]] = ids;
    });
  }
  return results;
}

async function generateRows(
  model: EngineModel,
  program: Program,
  prompts: readonly (readonly number[])[],
  limits: readonly number[],
  streams: readonly Rng[],
  choice: Omit<Choice, "uniform"> & { readonly sampled: boolean },
  { edits = [], stopTokens, signal, onToken }: GenerateOptions,
): Promise<number[][]> {
  const { config } = model;
  const stop = new Set(stopTokens ?? config.eosTokenIds);
  const rows = prompts.map((prompt) => [...prompt]);
  const longest = Math.max(0, ...limits);
  if (longest === 0) return rows;
  const { length, ids, mask } = padLeft({ inputIds: prompts }, config);
  // The last token is sampled but never an input.
  const mostKeys = length + longest - 1;
  let capacity = Math.min(mostKeys, length + CAPACITY_STEP);
  const cacheDims = (keys: number): number[] => [rows.length, config.kvHeads, keys, config.headSize];
  const names = Array.from({ length: config.nLayers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat();
  const empty: FloatTensor = { dims: cacheDims(capacity), data: new Float32Array(0) };
  const cache = Object.fromEntries(names.map((name) => [name, empty]));
  const state = await model.engine.createState(cache, elementCount(cacheDims(mostKeys)));
  const shared = {
    ...editFeeds(edits),
    temperature: { dims: [], data: Float32Array.of(choice.temperature) },
  };
  const rowOffsets = Float32Array.from(rows, (_, row) => row * blockCount(config.vocabSize));
  const done = limits.map((limit) => limit === 0);
  /** Number of rows that are still sampled; they are the first ones. */
  let batch = rows.length;
  let seen = widen(mask, batch, capacity);
  let passIds = ids;
  try {
    for (let step = 0; step < longest && done.includes(false); step++) {
      const past = step === 0 ? 0 : length + step - 1;
      const passLength = step === 0 ? length : 1;
      if (past + passLength > capacity) {
        capacity = Math.min(mostKeys, capacity + CAPACITY_STEP);
        await state.grow(2, capacity);
        seen = widen(seen, batch, capacity);
      }
      const going = done.lastIndexOf(false) + 1;
      if (step > 0 && going < batch) {
        batch = going;
        await state.shorten(batch);
        seen = seen.subarray(0, batch * capacity);
        passIds = passIds.subarray(0, batch);
      }
      // Finished rows among unfinished ones become padding; their tokens are ignored.
      if (step > 0) for (let row = 0; row < batch; row++) seen[row * capacity + past] = done[row] ? 0 : 1;
      const uniforms = Float32Array.from(streams.slice(0, batch), (stream) => stream.uniform());
      const { tokens, logits } = await program.run({
        feeds: {
          ...passFeeds(batch, passLength, passIds, seen, { past }),
          ...shared,
          rowOffsets: { dims: [batch], data: rowOffsets.slice(0, batch) },
          [STATE_SLOTS]: cacheSlots(batch * config.kvHeads, capacity, past, passLength),
          placement: placementOf(capacity, past, passLength),
          uniforms: { dims: [batch, 1], data: uniforms },
          rows: lastRows(batch, passLength),
        },
        stores: [model.store],
        state,
        fetch: choice.sampled ? ["tokens"] : ["logits"],
        signal,
      });
      const next = new Int32Array(batch);
      for (let row = 0; row < batch; row++) {
        const vocab = config.vocabSize;
        next[row] = tokens
          ? Number(tokens.data[row])
          : pickToken((logits.data as Float32Array).subarray(row * vocab, (row + 1) * vocab), {
              ...choice,
              uniform: uniforms[row],
            });
        if (done[row]) continue;
        rows[row].push(next[row]);
        onToken?.(row, next[row]);
        done[row] = stop.has(next[row]) || rows[row].length - prompts[row].length >= limits[row];
      }
      passIds = next;
    }
  } finally {
    await state.drop();
  }
  return rows;
}

/** mask [batch, keys] with further columns of 0 appended. */
function widen(mask: Uint8Array, batch: number, columns: number): Uint8Array {
  const keys = mask.length / batch;
  const wide = new Uint8Array(batch * columns);
  for (let row = 0; row < batch; row++) wide.set(mask.subarray(row * keys, (row + 1) * keys), row * columns);
  return wide;
}

/**
 * The rows of a cache [stretches, capacity, headSize] for the positions `past` to `past + length`
 * of each stretch.
 */
function cacheSlots(stretches: number, capacity: number, past: number, length: number): Tensor {
  const slots = new Int32Array(stretches * length);
  for (let i = 0; i < slots.length; i++) slots[i] = Math.floor(i / length) * capacity + past + (i % length);
  return intTensor([slots.length, 1], slots);
}

/** [length, capacity]: 1 at the cache position of each position of the pass, 0 elsewhere. */
function placementOf(capacity: number, past: number, length: number): FloatTensor {
  const data = new Float32Array(length * capacity);
  for (let position = 0; position < length; position++) data[position * capacity + past + position] = 1;
  return { dims: [length, capacity], data };
}
