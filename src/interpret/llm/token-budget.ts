/** A hard limit on tokens: nothing is asked that could exceed it. */
import { RunError } from "../../errors.js";

/** Tokens that were used, tokens that requests under way may still use, and the most that both may be. */
export class TokenBudget {
  private reserved = 0;
  private waiting: (() => void)[] = [];

  /** @param spent tokens of earlier runs that count against the limit @param replies how many replies they bought */
  constructor(
    private readonly limit: number,
    public spent: number,
    public replies: number,
  ) {}

  /**
   * Sets aside the most that a request may use; waits for requests under way where it would only fit if they use less.
   * @throws RunError when it does not fit
   */
  async reserve(most: number): Promise<void> {
    while (this.spent + this.reserved + most > this.limit) {
      if (this.reserved === 0) throw this.exceeded(most);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.reserved += most;
  }

  /** Ends what `reserve` began. @param used tokens of the reply; undefined when there was none */
  settle(most: number, used: number | undefined): void {
    this.reserved -= most;
    if (used !== undefined) {
      this.spent += used;
      this.replies++;
    }
    for (const wake of this.waiting.splice(0)) wake();
  }

  private exceeded(most: number): RunError {
    const { limit, spent, replies } = this;
    return new RunError(
      `explainer.maxTokens is ${limit}: ${spent} tokens are used, for ${replies} replies, and the next request may need ${most}`,
      {
        help: `The replies are kept and not paid for again. Go on with: rewardscope run --resume --out FOLDER --set explainer.maxTokens=${2 * Math.max(limit, spent + most)}`,
      },
    );
  }
}
