/** The controls that an ablation has, in one order wherever they are shown. */
import type { AblationOfKind, ControlEffect } from "../results/results.js";

const controls = ["random", "matchedFrequency", "unlabelled"] as const;

/** What each control is called where it is shown. */
export type ControlNames = Readonly<Record<(typeof controls)[number], string>>;

/** The controls that were drawn; one that was not asked for, or for which a layer has too few features, is left out. */
export function controlsOf(ofKind: AblationOfKind, names: ControlNames): { name: string; control: ControlEffect }[] {
  return controls.flatMap((key) => {
    const control = ofKind[key];
    return control ? [{ name: names[key], control }] : [];
  });
}
