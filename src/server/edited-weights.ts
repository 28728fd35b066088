/**
 * The playground's third model: weights on the line through base and tuned, or parts of one model put
 * into the other.
 */
import { z } from "zod";
import type { ConfigIssue } from "../errors.js";
import { type BetweenModels, type ModelPart, modelParts } from "../interpret/index.js";
import type { LoadedRun } from "./loaded-runs.js";

/** Whose weights an edited model has, in a request. */
export const weightsRequest = z.discriminatedUnion("kind", [
  /** Weights base + dose (tuned - base). */
  z.strictObject({ kind: z.literal("dose"), dose: z.number().min(-1).max(2) }),
  /** Parts of the other model in place of the recipient's own. */
  z.strictObject({
    kind: z.literal("parts"),
    into: z.enum(["base", "tuned"]),
    parts: z.array(z.string().max(40)).min(1).max(1000),
  }),
]);

type WeightsRequest = z.output<typeof weightsRequest>;

/** A part's name in requests: `embedding`, `attention-3`. */
const partId = ({ module, layer }: Pick<ModelPart, "module" | "layer">): string =>
  layer === null ? module : `${module}-${layer}`;

/** Parts that the models do not have. */
export function weightsProblems(loaded: LoadedRun, request: WeightsRequest): ConfigIssue[] {
  if (request.kind === "dose") return [];
  const known = partsOf(loaded);
  const unknown = request.parts.filter((id) => !known.includes(id));
  if (unknown.length === 0) return [];
  return [{ path: "weights.parts", expected: `some of ${known.join(", ")}`, received: unknown.join(", ") }];
}

/** Sets the third model's weights. */
export async function setWeights(between: BetweenModels, request: WeightsRequest): Promise<void> {
  if (request.kind === "dose") return between.setDose(request.dose);
  const chosen = new Set(request.parts);
  const parts = modelParts(between.base).filter((part) => chosen.has(partId(part)));
  await between.put(
    request.into,
    parts.flatMap(({ parameters }) => parameters),
  );
}

/** The names of the parts of a run's models, from the first layer on. */
export function partsOf({ models }: LoadedRun): string[] {
  return modelParts(models.base).map(partId);
}
