/** The curve of losses over training, in a bounded number of points. */
import type { StepLosses } from "./layer-trainer.js";

/** Maximal number of points of a curve. */
const MAX_POINTS = 50;

/** Mean losses of consecutive intervals of steps; `step` is the last step of each interval. */
export interface TrainingCurve {
  step: number[];
  mse: number[];
  l1: number[];
  l0: number[];
}

/** An interval of steps: their number, and the sums of their losses. */
interface Stretch {
  steps: number;
  mse: number;
  l1: number;
  l0: number;
}

/** The state of a recorder, as plain JSON. */
export interface CurveState {
  /** Steps of a full interval. */
  length: number;
  stretches: Stretch[];
}

function join(a: Stretch, b: Stretch | undefined): Stretch {
  return b ? { steps: a.steps + b.steps, mse: a.mse + b.mse, l1: a.l1 + b.l1, l0: a.l0 + b.l0 } : a;
}

/**
 * Records a curve. When its points exceed the maximum, neighbours are joined, and intervals double
 * in length.
 */
export class CurveRecorder {
  constructor(readonly state: CurveState = { length: 1, stretches: [] }) {}

  add({ mse, l1, l0 }: StepLosses): void {
    const { state } = this;
    const one: Stretch = { steps: 1, mse, l1, l0 };
    const last = state.stretches.at(-1);
    if (last && last.steps < state.length) {
      state.stretches[state.stretches.length - 1] = join(last, one);
      return;
    }
    if (state.stretches.length === MAX_POINTS) {
      const { stretches } = state;
      state.stretches = stretches.flatMap((stretch, i) => (i % 2 === 0 ? [join(stretch, stretches[i + 1])] : []));
      state.length *= 2;
    }
    state.stretches.push(one);
  }

  curve(): TrainingCurve {
    const curve: TrainingCurve = { step: [], mse: [], l1: [], l0: [] };
    let step = 0;
    for (const { steps, mse, l1, l0 } of this.state.stretches) {
      step += steps;
      curve.step.push(step);
      curve.mse.push(mse / steps);
      curve.l1.push(l1 / steps);
      curve.l0.push(l0 / steps);
    }
    return curve;
  }
}
