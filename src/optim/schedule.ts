/** Learning rates over the steps of a training run: step (from 0) -> factor of the peak rate. */

export type Schedule = (step: number) => number;

export const constantSchedule: Schedule = () => 1;

/**
 * Rises over `warmupSteps`, then falls linearly to 0 at `totalSteps` (transformers' linear
 * schedule).
 */
export function linearSchedule(warmupSteps: number, totalSteps: number): Schedule {
  return (step) =>
    step < warmupSteps
      ? step / Math.max(1, warmupSteps)
      : Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
}

/**
 * Rises over `warmupSteps`, stays constant, and falls linearly to 0 over the last `decayShare` of
 * the steps. A run can be extended while the rate is constant (Hu et al. 2024, arXiv:2404.06395).
 */
export function warmupStableDecay(warmupSteps: number, totalSteps: number, decayShare: number): Schedule {
  const decaySteps = Math.max(1, Math.round(totalSteps * decayShare));
  return (step) => Math.min(1, (step + 1) / Math.max(1, warmupSteps), Math.max(0, (totalSteps - step) / decaySteps));
}
