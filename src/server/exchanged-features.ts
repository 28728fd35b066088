/** The playground's features of one model in the other, of dictionaries that both models share. */
import { z } from "zod";
import type { ConfigIssue } from "../errors.js";
import type { ExchangedOptions } from "../interpret/index.js";
import type { Results } from "../results/results.js";
import { type CarriedFeature, readCarriedFeatures } from "../results/sections/carry.js";
import { featureRanges, hasFeature, sharedLayersOf } from "./known-features.js";
import type { LoadedRun } from "./loaded-runs.js";

const sharedId = /^shared-(\d+)-(\d+)$/;

/** Features that have the other model's activations in the recipient, in a request. */
export const exchangeRequest = z.strictObject({
  into: z.enum(["base", "tuned"]),
  features: z
    .array(z.string().regex(sharedId, "expected a feature that both models share, such as shared-3-17"))
    .min(1)
    .max(1000),
});

type ExchangeRequest = z.output<typeof exchangeRequest>;

const namedBy = ({ features }: ExchangeRequest) =>
  [...new Set(features)].map((id) => {
    const [, layer, feature] = sharedId.exec(id)!.map(Number);
    return { id, layer, feature };
  });

/** Features that the run does not have. */
export function exchangeProblems({ shared }: LoadedRun, request: ExchangeRequest): ConfigIssue[] {
  const unknown = namedBy(request).filter((named) => !hasFeature(shared, named));
  if (unknown.length === 0) return [];
  const none = "no exchange, since this run has no dictionaries that both models share";
  return [
    {
      path: "exchange.features",
      expected: featureRanges("shared", shared) || none,
      received: unknown.map(({ id }) => id).join(", "),
    },
  ];
}

/** The features by dictionary; only those of layers with a chosen one. */
export function exchangeOf(
  { shared }: LoadedRun,
  request: ExchangeRequest,
): Pick<ExchangedOptions, "dictionaries" | "exchange"> {
  const named = namedBy(request);
  const dictionaries = shared.filter(({ layer }) => named.some((one) => one.layer === layer));
  const features = dictionaries.map(({ layer }) =>
    named.filter((one) => one.layer === layer).map(({ feature }) => feature),
  );
  return { dictionaries, exchange: { features } };
}

/** Number of features that can be chosen on the page. */
const MOST_LISTED = 40;

/** Features to choose from, or why there are none. */
export interface ListedFeatures {
  /** The first of the ranking of the stage carry. */
  readonly features: readonly CarriedFeature[];
  readonly missing?: string;
}

/** @throws FormatError when what is read of carry's table of features has another form */
export async function listedFeatures(folder: string, results: Results): Promise<ListedFeatures> {
  if (sharedLayersOf(results).length === 0)
    return { features: [], missing: "This run has no dictionaries that both models share (dictionaries.shared)." };
  const features = await readCarriedFeatures(folder, MOST_LISTED);
  if (features.length === 0)
    return {
      features,
      missing: "The stage carry, which ranks the shared features, has not exchanged any in this run.",
    };
  return { features };
}
