/** Integrated gradients summed by part of the model, with intervals. */
import { bootstrapAll, type Interval } from "../../stats/index.js";
import { isIn, type ModelPart } from "./model-parts.js";
import type { SummaryOptions } from "./patches.js";
import type { WeightPath } from "./weight-path.js";

/** The integrated gradients of a part on the line from base to tuned weights. */
export interface PartOnPath extends Pick<ModelPart, "module" | "layer"> {
  /** Mean over pairs, in nats. */
  readonly value: number;
  /** Share of the sum over all parts; 0 if the sum is 0. */
  readonly share: Interval;
}

/** Intervals resample groups of pairs, since gradients are those of a batch. */
export function partsOnPath(
  { tensors, batches }: WeightPath,
  parts: readonly ModelPart[],
  { rng, resamples }: SummaryOptions,
): PartOnPath[] {
  const sums = parts.map((part) => {
    const own = tensors.filter(({ role }) => isIn(part, role));
    return batches.map((_, batch) => own.reduce((sum, { ofBatches }) => sum + ofBatches[batch], 0));
  });
  const pairs = batches.reduce((sum, count) => sum + count, 0);
  const statistics = (indices: Int32Array): number[] => {
    const ofParts = sums.map((own) => indices.reduce((sum, batch) => sum + own[batch], 0));
    const whole = ofParts.reduce((sum, own) => sum + own, 0);
    return ofParts.map((own) => (whole === 0 ? 0 : own / whole));
  };
  const shares = bootstrapAll(batches.length, statistics, { rng, resamples, unit: "group" });
  return parts.map(({ module, layer }, i) => ({
    ...{ module, layer },
    value: sums[i].reduce((sum, own) => sum + own, 0) / pairs,
    share: shares[i],
  }));
}
