/**
 * How many texts share a pass where logits are made of them, and of how many positions logits are there together: final states first,
 * then the logits of a piece of them at a time.
 */
import { Graph } from "../graph/builder.js";
import type { Program } from "../runtime/engine.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { type EngineModel, passInputs } from "./architectures/architecture.js";
import { applyEdits, editsKey, type PlacedEdit } from "./edits.js";

/** Logits of a pass over several texts, padding included: 16 MiB. */
const LOGITS_AT_ONCE = 4 * 1024 * 1024;
/** The most that are there together; those of longer texts, or of large vocabularies, are made in pieces. */
const LOGITS_OF_A_PIECE = 4 * LOGITS_AT_ONCE;
/** With more tokens than this, the logits of few texts fill a pass, and each would read all weights again. */
const LARGE_VOCABULARY = 65_536;
/** Tokens of a pass whose logits are made in pieces, padding included. */
const TOKENS_AT_ONCE = 1024;

/**
 * Texts of a pass, at least one.
 * @param length tokens of the longest text
 * @param asked positions of a text at most whose logits are needed
 */
export function textsAtOnce(length: number, asked: number, vocabSize: number): number {
  const fitting = vocabSize > LARGE_VOCABULARY ? TOKENS_AT_ONCE / length : LOGITS_AT_ONCE / (asked * vocabSize);
  return Math.max(1, Math.floor(fitting));
}

/** Start and end of the pieces of positions whose logits are there together; all are one piece, where they are few enough. */
export function pieces(positions: number, vocabSize: number): [start: number, end: number][] {
  const atOnce = Math.max(1, Math.floor(LOGITS_OF_A_PIECE / vocabSize));
  return Array.from({ length: Math.ceil(positions / atOnce) }, (_, piece) => [
    piece * atOnce,
    Math.min(positions, (piece + 1) * atOnce),
  ]);
}

/** The states of a piece of states [rows, dModel]; all of them are not copied. */
export function statesOfPiece(states: FloatTensor, start: number, end: number): FloatTensor {
  const [rows, size] = states.dims;
  if (end - start === rows) return states;
  return { dims: [end - start, size], data: states.data.slice(start * size, end * size) };
}

/** The model's program with the output `states` [rows, dModel]: the final ones at the positions `rows`, an input, of a pass with edits. */
export function statesProgram(model: EngineModel, placed: readonly PlacedEdit[] = []): Promise<Program> {
  const { architecture, config, store } = model;
  return model.program(`states ${editsKey(placed)}`, () => {
    const g = new Graph(`final states of ${config.modelType}`);
    const states = architecture.hidden(g, config, parameterInputs(g, store.layout), passInputs(g), {
      at: (point, value) => applyEdits(g, placed, point, value),
    });
    g.output("states", g.gather(g.flatten(states), g.input("rows", ["rows"], "int64")));
    return g;
  });
}
