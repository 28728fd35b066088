/** The scale of whole numbers in which explainers see and predict activations. */

/** The highest activation of a feature. */
export const HIGHEST_LEVEL = 10;

/**
 * An activation as a level: 0 where the feature is inactive, 1 to 10 in tenths of its highest
 * activation (paper, section 4.4). Bills et al. 2023 round down; rounding up distinguishes weak
 * activation from none.
 */
export function activationLevel(code: number, maxActivation: number): number {
  if (!(code > 0 && maxActivation > 0)) return 0;
  return Math.min(HIGHEST_LEVEL, Math.ceil((HIGHEST_LEVEL * code) / maxActivation));
}
