/**
 * Logit lens: tokens that a feature makes likelier, by its direction times the unembedding
 * (nostalgebraist 2020).
 */
import { Graph } from "../../graph/builder.js";
import type { EngineModel } from "../../model/architectures/architecture.js";
import { parameterInputs } from "../../runtime/parameter-inputs.js";
import type { FloatTensor } from "../../runtime/tensor.js";

/** A token with its logit per unit of the feature, minus the mean over the vocabulary. */
export interface LogitEffect {
  id: number;
  logit: number;
}

/** Tokens whose logits a direction raises and lowers most. */
export interface LogitLens {
  /** Highest first. */
  promoted: LogitEffect[];
  /** Lowest first. */
  suppressed: LogitEffect[];
}

/** Directions in one run of the engine. */
const AT_ONCE = 64;

/**
 * The direct effect of directions d in the residual stream on the logits: W_U N(d), where N is the
 * final norm without its division, which depends on the text. For a layer norm of weight gamma,
 * N(d) = gamma * (d - mean d). Effects through later layers are not included.
 * @param directions [features, dModel], such as rows of wDec
 * @param vocabSize number of tokens that have a text; the unembedding may have more rows. Default:
 *   all
 * @returns one entry per direction
 */
export async function logitLens(
  model: EngineModel,
  { dims: [features, dModel], data }: FloatTensor,
  { count = 10, vocabSize = model.config.vocabSize }: { count?: number; vocabSize?: number } = {},
): Promise<LogitLens[]> {
  const program = await model.program("logit lens", () => readoutGraph(model));
  const result: LogitLens[] = [];
  for (let start = 0; start < features; start += AT_ONCE) {
    const rows = Math.min(AT_ONCE, features - start);
    const part = data.slice(start * dModel, (start + rows) * dModel);
    const { logits } = await program.run({
      feeds: { directions: { dims: [rows, dModel], data: part } },
      stores: [model.store],
      fetch: ["logits"],
    });
    const vocab = model.config.vocabSize;
    for (let row = 0; row < rows; row++)
      result.push(extremes((logits.data as Float32Array).subarray(row * vocab, row * vocab + vocabSize), count));
  }
  return result;
}

function readoutGraph(model: EngineModel): Graph {
  const g = new Graph("logit lens");
  const parameter = parameterInputs(g, model.store.layout);
  const directions = g.input("directions", ["features", model.config.dModel]);
  const normed = model.architecture.finalNormOfDirections(g, model.config, parameter, directions);
  const logits = model.architecture.unembed(g, model.config, parameter, normed);
  g.output("logits", g.sub(logits, g.reduceMean(logits, [1], true)));
  return g;
}

function extremes(logits: Float32Array, count: number): LogitLens {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const named = (ids: readonly number[]) => ids.map((id) => ({ id, logit: logits[id] }));
  return { promoted: named(order.slice(0, count)), suppressed: named(order.slice(-count).reverse()) };
}
