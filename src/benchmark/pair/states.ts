/** States of the models at the tokens of texts, for methods that look inside. */
import type { LanguageModel } from "../../model/language-model.js";

/** Texts per pass. */
const AT_ONCE = 32;

/** The states of one hook point at every token of each row, [tokens, dModel] each. */
export async function statesAt(
  model: LanguageModel,
  hook: string,
  rows: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const inputIds = rows.slice(start, start + AT_ONCE);
    const { hooks } = await model.forward({ inputIds }, { hooks: [hook], logits: "none", signal });
    const { dims, data } = hooks[hook];
    const [, length, width] = dims;
    // Rows are padded on the left.
    for (const [i, ids] of inputIds.entries())
      states.push(data.slice((i * length + length - ids.length) * width, (i + 1) * length * width) as Float32Array);
  }
  return states;
}
