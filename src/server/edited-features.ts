/** The playground's features of the tuned model that are ablated or steered in its third column. */
import { z } from "zod";
import type { ConfigIssue } from "../errors.js";
import { type Edit, mlpHookPoint } from "../model/language-model.js";
import { featureRanges, hasFeature, parseFeatureId } from "./known-features.js";
import type { LoadedRun } from "./loaded-runs.js";

const feature = z.string().regex(/^tuned-\d+-\d+$/, "expected a feature of the tuned model, such as tuned-3-17");

/** Features to ablate or steer, in a request. */
export const editsRequest = z
  .array(
    z.discriminatedUnion("kind", [
      z.strictObject({ feature, kind: z.literal("ablate") }),
      /** Strength in units of the feature's highest activation. */
      z.strictObject({ feature, kind: z.literal("steer"), strength: z.number().min(-20).max(20) }),
    ]),
  )
  .max(50)
  .default([]);

type EditsRequest = z.output<typeof editsRequest>;

/** Features that the run does not have, or that cannot be steered. */
export function editProblems({ dictionaries, features }: LoadedRun, edits: EditsRequest): ConfigIssue[] {
  return edits.flatMap(({ feature, kind }, i): ConfigIssue[] => {
    const path = `edits.${i}.feature`;
    if (!hasFeature(dictionaries.tuned, parseFeatureId(feature)!)) {
      const ranges = featureRanges("tuned", dictionaries.tuned);
      return [{ path, expected: ranges || "no edits, since this run has no dictionaries", received: feature }];
    }
    if (kind !== "steer" || features.has(feature)) return [];
    const expected = "an explained feature, since its highest activation is the unit of steering; any can be ablated";
    return [{ path, expected, received: `${feature}, which is not explained` }];
  });
}

/**
 * Ablated features of one layer are one edit, so that their activations are computed on the same
 * MLP output.
 */
export function editsOf({ dictionaries, features }: LoadedRun, edits: EditsRequest): Edit[] {
  const result: Edit[] = [];
  for (const { layer, dictionary } of dictionaries.tuned) {
    const here = edits.flatMap((edit) => {
      const named = parseFeatureId(edit.feature)!;
      return named.layer === layer ? [{ ...edit, index: named.feature }] : [];
    });
    const at = mlpHookPoint(layer);
    const ablated = [...new Set(here.flatMap(({ kind, index }) => (kind === "ablate" ? [index] : [])))];
    if (ablated.length > 0) result.push({ at, kind: "subtractFeatures", dictionary, features: ablated });
    for (const edit of here) {
      if (edit.kind !== "steer") continue;
      const strength = edit.strength * features.get(edit.feature)!.maxActivation;
      result.push({ at, kind: "add", dictionary, features: [edit.index], strength });
    }
  }
  return result;
}
