/** The controls of an ablation, in the same order everywhere. */
import type { AblationOfKind, ControlEffect } from "../results/results.js";

const controls = ["random", "matchedFrequency", "unlabelled"] as const;

/** The shown name of each control. */
export type ControlNames = Readonly<Record<(typeof controls)[number], string>>;

/**
 * The controls that were drawn. One that was not requested, or for which a layer has too few
 * features, is left out.
 */
export function controlsOf(ofKind: AblationOfKind, names: ControlNames): { name: string; control: ControlEffect }[] {
  return controls.flatMap((key) => {
    const control = ofKind[key];
    return control ? [{ name: names[key], control }] : [];
  });
}
