/** States of the models at the tokens of texts, for methods that look inside. */
import type { LanguageModel } from "../../model/language-model.js";
import { TEXTS_PER_PASS } from "../../pipeline/inputs/models.js";

/** The states of one hook point at every token of each row, [tokens, dModel] each. */
export async function statesAt(
  model: LanguageModel,
  hook: string,
  rows: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  for (let start = 0; start < rows.length; start += TEXTS_PER_PASS) {
    const inputIds = rows.slice(start, start + TEXTS_PER_PASS);
    const { hooks } = await model.forward({ inputIds }, { hooks: [hook], logits: "none", signal });
    const { dims, data } = hooks[hook];
    const [, length, width] = dims;
    // Rows are padded on the left.
    for (const [i, ids] of inputIds.entries())
      states.push(data.slice((i * length + length - ids.length) * width, (i + 1) * length * width) as Float32Array);
  }
  return states;
}
