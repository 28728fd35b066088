/** The maximal share of triples that contain one word. */

/**
 * The cap on words of one kind: a share of the triples. If the corpus has too few words of the kind
 * to fill the triples at this share, it is 1.5 / their number; and always at least one triple.
 */
export class WordCap {
  private readonly share: number;

  /**
   * @param words number of different words of the kind
   * @param maxShare maximal share of triples with one word, 0..1
   */
  constructor(words: number, maxShare: number) {
    this.share = Math.max(maxShare, 1.5 / Math.max(1, words));
  }

  /** Allowed occurrences among `total` triples. */
  of(triples: number): number {
    return Math.max(1, Math.floor(this.share * triples));
  }
}

/**
 * At most `count` items in which no word exceeds its cap; of each word the first ones. Each item
 * left out lowers the total and therefore the caps, so totals are tried from above until one is
 * consistent.
 * @param caps caps by role; an item's word in a role is `item[role]`
 */
export function keepWithinCaps<Role extends string, T extends Record<Role, number>>(
  items: readonly T[],
  caps: Record<Role, WordCap>,
  count: number,
): T[] {
  const roles = Object.keys(caps) as Role[];
  let target = Math.min(count, items.length);
  for (;;) {
    const used = new Map(roles.map((role) => [role, new Map<number, number>()]));
    const kept: T[] = [];
    for (const item of items) {
      if (kept.length === target) break;
      const full = roles.some((role) => (used.get(role)!.get(item[role]) ?? 0) >= caps[role].of(target));
      if (full) continue;
      for (const role of roles) used.get(role)!.set(item[role], (used.get(role)!.get(item[role]) ?? 0) + 1);
      kept.push(item);
    }
    if (kept.length === target) return kept;
    // A lower total needs fewer items, so the total is not lowered by the whole shortfall at once.
    target = Math.max(kept.length, target - Math.max(1, Math.ceil((target - kept.length) / 8)));
  }
}

export function countBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** The largest count divided by the number of items; 0 without items. */
export function largestShare(counts: ReadonlyMap<number, number>, items: number): number {
  return items > 0 ? Math.max(...counts.values()) / items : 0;
}
