/** Controllers of the KL penalty's coefficient. */

/**
 * Moves the coefficient so that the KL approaches a target (Ziegler et al. 2019, arXiv:1909.08593,
 * section 2.2).
 */
export class AdaptiveKlController {
  constructor(
    public value: number,
    private readonly target: number,
    private readonly horizon: number,
  ) {}

  /**
   * @param kl mean KL per response, in nats
   * @param responses number of responses since the last update
   */
  update(kl: number, responses: number): void {
    const error = Math.min(0.2, Math.max(-0.2, kl / this.target - 1));
    this.value *= 1 + (error * responses) / this.horizon;
  }
}

/** Keeps the coefficient constant. */
export class FixedKlController {
  constructor(public value: number) {}

  update(): void {}
}
