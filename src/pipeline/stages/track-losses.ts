/** Tracks the losses of autoencoders in training. */
import type { AutoencoderSpec, AutoencoderStep } from "../../sae/index.js";
import type { SeriesTracker } from "../../tracking/tracker.js";
import type { StageContext } from "../run/stage.js";

/** Steps of training between two that are tracked, as many as in SAELens. */
const EVERY = 10;

/**
 * An observer of training that tracks every tenth step, by names such as
 * `dictionaries-base/mse/layer-3-large`, and passes on every step.
 * @param series the name of the curves, such as `dictionaries-base`
 */
export function trackLosses(
  { track }: Pick<StageContext, "track">,
  series: string,
  specs: readonly Pick<AutoencoderSpec, "layer" | "name">[],
  onStep: (step: AutoencoderStep) => void,
): (step: AutoencoderStep) => void {
  let tracked: SeriesTracker | undefined;
  return (made) => {
    const { step, losses } = made;
    tracked ??= track(series, step - 1);
    if (step % EVERY === 0) {
      const scalars = specs.flatMap(({ layer, name }, i) =>
        Object.entries(losses[i]).map(([loss, value]) => [`${series}/${loss}/layer-${layer}-${name}`, value] as const),
      );
      tracked.log(step, Object.fromEntries(scalars));
    }
    onStep(made);
  };
}
