/** Evidence of features whose codes are a function of the token and its place. */
import { collectEvidence, type FeatureEvidence } from "../../src/interpret/evidence/collect-evidence.js";

/** The code at position t of a text. */
export type CodeOf = (token: number, t: number, text: readonly number[]) => number;

/** One layer of as many features as there are functions, over the texts. */
export async function evidenceOf(
  texts: readonly (readonly number[])[],
  features: readonly CodeOf[],
  layer = 0,
): Promise<FeatureEvidence[]> {
  async function* stream() {
    for (const [text, tokens] of texts.entries()) {
      const codes = tokens.flatMap((token, t) => features.map((code) => code(token, t, tokens)));
      yield { text, tokens, codes: [Float32Array.from(codes)] };
    }
  }
  return collectEvidence(stream(), texts, [{ layer, dSae: features.length, features: features.map((_, i) => i) }]);
}
