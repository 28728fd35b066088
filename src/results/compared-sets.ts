/** Which sets of chosen features can be compared with equally large changes of others. */
import type { CarryResults } from "./sections/carry.js";

type FeatureSet = NonNullable<CarryResults["features"]>["sets"][number];

/** Minimal size of a `size` control, relative to the chosen features, for a comparison. */
const AS_LARGE = 0.9;

/**
 * The sets of chosen features that have a control of their size, by ascending number. Where too few
 * other features change, the control is smaller or missing: nothing is said of such a number.
 */
export function comparedSets({
  sets,
}: Pick<NonNullable<CarryResults["features"]>, "sets">): { chosen: FeatureSet; control: FeatureSet }[] {
  return sets
    .filter(({ set }) => set === "chosen")
    .sort((a, b) => a.chosen - b.chosen)
    .flatMap((chosen) => {
      const control = sets.find(({ set, chosen: of }) => set === "size" && of === chosen.chosen);
      return control && control.size >= AS_LARGE * chosen.size ? [{ chosen, control }] : [];
    });
}
