/** The minibatch of which forward, backward, and the bare products are timed. */
import { Draws } from "../worker.js";

export function minibatchTexts(): { queries: number[][]; responses: number[][] } {
  const draws = new Draws(3);
  const texts = (low: number, high: number) =>
    Array.from({ length: 16 }, () => draws.integers(draws.integer(low, high), 5, 50000));
  return { queries: texts(2, 10), responses: texts(8, 20) };
}
