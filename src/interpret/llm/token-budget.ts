/** A hard limit on tokens: a request that could exceed it is not sent. */
import { RunError } from "../../errors.js";

/** Tokens used, tokens that running requests may still use, and the limit of their sum. */
export class TokenBudget {
  private reserved = 0;
  private waiting: (() => void)[] = [];

  /**
   * @param spent tokens of earlier runs, which count against the limit
   * @param replies number of their replies
   */
  constructor(
    private readonly limit: number,
    public spent: number,
    public replies: number,
  ) {}

  /**
   * Reserves the maximal tokens of a request. If they fit only when running requests use less than
   * their maximum, waits for these.
   * @throws RunError when the request does not fit
   */
  async reserve(most: number): Promise<void> {
    while (this.spent + this.reserved + most > this.limit) {
      if (this.reserved === 0) throw this.exceeded(most);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.reserved += most;
  }

  /** Releases a reservation. @param used tokens of the reply; undefined without a reply */
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
      `explainer.maxTokens is ${limit}: ${replies} replies have used ${spent} tokens, and the next request may need ${most}`,
      {
        help: `The replies are saved and not requested again. To continue: rewardscope run --resume --out FOLDER --set explainer.maxTokens=${2 * Math.max(limit, spent + most)}`,
      },
    );
  }
}
