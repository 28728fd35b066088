/** Sampling with a key-value cache that stays in the engine. */
import { RewardscopeError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import { Rng } from "../rng.js";
import type { Program } from "../runtime/engine.js";
import { elementCount, type FloatTensor } from "../runtime/tensor.js";
import { type EngineModel, parameterInputs, passInputs } from "./architecture.js";
import { lastRows, padLeft, passFeeds } from "./batch.js";
import { applyEdits, editFeeds, editsKey, type PlacedEdit, placeEdits } from "./edits.js";
import type { GenerateOptions } from "./language-model.js";
import { blockCount, pickToken, sampleInGraph } from "./sampling.js";

/** Rows that are sampled together; more are done in turns. The cache of 128 rows leaves the processor's own and takes a third longer per token. */
const ROWS_AT_ONCE = 32;

/** One graph for the prompt (no past) and for every further token. `sampled`: the token is drawn inside the graph. */
function stepGraph(model: EngineModel, placed: readonly PlacedEdit[], sampled: boolean): Graph {
  const { architecture, config, store } = model;
  const g = new Graph(`sampling of ${config.modelType}`);
  const parameter = parameterInputs(g, store.layout);
  const headSize = config.dModel / config.nHeads;
  const cache = (name: string) => g.input(`state/${name}`, ["batch", config.nHeads, "past", headSize]);
  const states = architecture.hidden(g, config, parameter, passInputs(g, true), {
    mlpOut: (layer, value) => applyEdits(g, placed, layer, value),
    keysAndValues: (layer, keys, values) => {
      const all = [
        g.concat([cache(`keys.${layer}`), keys], 2),
        g.concat([cache(`values.${layer}`), values], 2),
      ] as const;
      g.output(`next/keys.${layer}`, all[0]);
      g.output(`next/values.${layer}`, all[1]);
      return [...all];
    },
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

/** See LanguageModel.generate. */
export async function generate(
  model: EngineModel,
  inputIds: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> {
  const { temperature = 1, topK = 0, topP = 1, maxNewTokens, maxNewTokensPerRow, seed = 42, edits = [] } = options;
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
  const problem = !(temperature >= 0)
    ? `temperature: expected 0 or more, received ${temperature}`
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
  const placed = placeEdits(edits, model.config);
  const sampled = temperature > 0 && topK === 0 && topP === 1;
  const program = await model.program(`generate ${sampled} ${editsKey(placed)}`, () =>
    stepGraph(model, placed, sampled),
  );
  const streams = inputIds.map((_, row) => Rng.fromSeed(seed, "generate", String(row)));
  const results: number[][] = [];
  for (let start = 0; start < inputIds.length; start += ROWS_AT_ONCE) {
    const end = Math.min(inputIds.length, start + ROWS_AT_ONCE);
    const limits = Array.from({ length: end - start }, (_, i) => maxNewTokensPerRow?.[start + i] ?? maxNewTokens);
    const choose = { temperature, topK, topP, sampled };
    results.push(
      ...(await generateRows(
        model,
        program,
        inputIds.slice(start, end),
        limits,
        streams.slice(start, end),
        choose,
        options,
      )),
    );
  }
  return results;
}

interface Choice {
  temperature: number;
  topK: number;
  topP: number;
  sampled: boolean;
}

async function generateRows(
  model: EngineModel,
  program: Program,
  prompts: readonly (readonly number[])[],
  limits: readonly number[],
  streams: readonly Rng[],
  choice: Choice,
  { edits = [], stopTokens, signal }: GenerateOptions,
): Promise<number[][]> {
  const { config } = model;
  const stop = new Set(stopTokens ?? (config.eosTokenId === null ? [] : [config.eosTokenId]));
  const rows = prompts.map((prompt) => [...prompt]);
  const longest = Math.max(0, ...limits);
  if (longest === 0) return rows;
  const { batch, length, ids, mask } = padLeft({ inputIds: prompts }, config);
  prompts.forEach((prompt, row) => {
    if (prompt.length + limits[row] > config.maxPositions)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `generate: a prompt of ${prompt.length} tokens and ${limits[row]} new ones exceed the model's ${config.maxPositions} positions`,
      );
  });
  const headSize = config.dModel / config.nHeads;
  const cacheDims = (keys: number): number[] => [batch, config.nHeads, keys, headSize];
  const empty: FloatTensor = { dims: cacheDims(0), data: new Float32Array(0) };
  const names = Array.from({ length: config.nLayers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat();
  const cache = Object.fromEntries(names.map((name) => [name, empty]));
  const state = await model.engine.createState(cache, elementCount(cacheDims(length + longest)));
  const shared = {
    ...editFeeds(edits),
    temperature: { dims: [], data: Float32Array.of(choice.temperature) },
    rowOffsets: {
      dims: [batch],
      data: Float32Array.from({ length: batch }, (_, row) => row * blockCount(config.vocabSize)),
    },
  };
  const done = limits.map((limit) => limit === 0);
  // The mask of all positions so far; finished rows go on as padding that nobody reads.
  let seen = mask;
  let passIds = ids;
  try {
    for (let step = 0; step < longest && done.includes(false); step++) {
      const passLength = step === 0 ? length : 1;
      const keys = length + step;
      const uniforms = Float32Array.from(streams, (stream) => stream.uniform());
      const { tokens, logits } = await program.run({
        feeds: {
          ...passFeeds(batch, keys, passLength, passIds, seen),
          ...shared,
          uniforms: { dims: [batch, 1], data: uniforms },
          rows: lastRows(batch, passLength),
        },
        stores: [model.store],
        state,
        stateDims: Object.fromEntries(names.map((name) => [name, cacheDims(keys)])),
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
        done[row] = stop.has(next[row]) || rows[row].length - prompts[row].length >= limits[row];
      }
      passIds = next;
      seen = appendColumn(seen, done, keys);
    }
  } finally {
    await state.drop();
  }
  return rows;
}

/** mask [batch, keys] with the column of the new tokens behind it: 1, or 0 for rows that are done. */
function appendColumn(mask: Uint8Array, done: readonly boolean[], keys: number): Uint8Array {
  const grown = new Uint8Array(done.length * (keys + 1));
  done.forEach((finished, row) => {
    grown.set(mask.subarray(row * keys, (row + 1) * keys), row * (keys + 1));
    grown[row * (keys + 1) + keys] = finished ? 0 : 1;
  });
  return grown;
}
