/**
 * The merges of byte-pair encoding, learned from counted words (Sennrich et al. 2016, algorithm 1).
 * After a merge, counts are updated only for the words that it changes.
 */

/** Two neighbouring tokens and the token that replaces them. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly token: number;
}

/**
 * A pair that could be merged next. `count` may be out of date; `words` are those in which the pair
 * arose.
 */
interface Candidate {
  readonly pair: number;
  count: number;
  readonly words: number[];
}

/**
 * Words as rows of token ids, with counts of their pairs. The caller decides which merges are made.
 */
export class MergeLearner {
  /**
   * Number of occurrences of each pair. A merged pair keeps its count, and later occurrences are
   * added to it, as in the reference implementation; the order of merges depends on it when two
   * pairs spell the same token.
   */
  private readonly counts = new Map<number, number>();
  private readonly queue = new CandidateQueue();

  /**
   * @param words token ids of each distinct word; changed in place
   * @param wordCounts number of occurrences of each word, at least 1
   * @param vocabSize above every token id, including those of future merges
   */
  constructor(
    private readonly words: number[][],
    private readonly wordCounts: readonly number[],
    private readonly vocabSize: number,
  ) {
    const arisen = new Map<number, number[]>();
    for (const [index, word] of words.entries()) {
      for (let i = 0; i + 1 < word.length; i++) this.add(word[i], word[i + 1], index, 1, arisen);
    }
    this.enqueue(arisen);
  }

  /**
   * Removes and returns the most frequent pair; of equals the one with the lower left id, then the
   * lower right id.
   */
  next(): { left: number; right: number; count: number; words: readonly number[] } | undefined {
    for (let top = this.queue.pop(); top; top = this.queue.pop()) {
      const count = this.counts.get(top.pair)!;
      if (top.count === count) {
        const right = top.pair % this.vocabSize;
        return { left: (top.pair - right) / this.vocabSize, right, count, words: top.words };
      }
      top.count = count;
      this.queue.push(top);
    }
    return undefined;
  }

  /** Replaces the pair by `token` in those words. */
  apply({ left, right, token }: Merge, words: readonly number[]): void {
    const arisen = new Map<number, number[]>();
    for (const index of words) {
      const word = this.words[index];
      let end = 0;
      for (let i = 0; i < word.length; i++) {
        if (word[i] !== left || i + 1 === word.length || word[i + 1] !== right) {
          word[end++] = word[i];
          continue;
        }
        if (end > 0) {
          this.add(word[end - 1], left, index, -1, arisen);
          this.add(word[end - 1], token, index, 1, arisen);
        }
        if (i + 2 < word.length) {
          this.add(right, word[i + 2], index, -1, arisen);
          this.add(token, word[i + 2], index, 1, arisen);
        }
        word[end++] = token;
        i++;
      }
      word.length = end;
    }
    this.enqueue(arisen);
  }

  private add(left: number, right: number, word: number, sign: 1 | -1, arisen: Map<number, number[]>): void {
    const pair = left * this.vocabSize + right;
    this.counts.set(pair, (this.counts.get(pair) ?? 0) + sign * this.wordCounts[word]);
    if (sign < 0) return;
    const words = arisen.get(pair);
    if (words === undefined) arisen.set(pair, [word]);
    else if (words[words.length - 1] !== word) words.push(word);
  }

  private enqueue(arisen: Map<number, number[]>): void {
    for (const [pair, words] of arisen) {
      const count = this.counts.get(pair)!;
      if (count > 0) this.queue.push({ pair, count, words });
    }
  }
}

/** A binary heap: highest count first, of equals the lowest pair. */
class CandidateQueue {
  private readonly heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const { heap } = this;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(candidate, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = candidate;
  }

  pop(): Candidate | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.count > b.count || (a.count === b.count && a.pair < b.pair);
}
