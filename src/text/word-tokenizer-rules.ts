/** The rules of spaCy's English tokenizer, compiled from the data in `assets/spacy-en`. */
import { readFileSync } from "node:fs";
import { assetPath } from "../assets.js";

/** A separate word inside a word: from `start` to `end` (exclusive), in UTF-16 units. */
interface Infix {
  start: number;
  end: number;
}

/** The language-specific rules of the word tokenizer. Lengths and offsets are UTF-16 units. */
export interface WordRules {
  /** Texts with a fixed division, e.g. `don't` -> `do`, `n't`. */
  exceptions: ReadonlyMap<string, readonly string[]>;
  /** Length of the prefix to split off, 0 for none. */
  prefixLength(text: string): number;
  /** Length of the suffix to split off, 0 for none. */
  suffixLength(text: string): number;
  /** All infixes of a word, in order. */
  infixes(text: string): readonly Infix[];
  /** Whether a text without whitespace is a web or mail address, which is never divided. */
  isUrl(text: string): boolean;
  /** Splits a text into its maximal runs of whitespace and of anything else. */
  runs(text: string): readonly string[];
}

/**
 * Layout of `rules.json`: insides of regular expression classes, literal affixes, and the
 * exceptions.
 */
interface RulesFile {
  classes: Record<"alpha" | "lower" | "upper" | "quotes" | "icons" | "beforeDot" | "digit" | "word" | "space", string>;
  literals: Record<"punctuation" | "quotes" | "currency" | "units" | "hyphens", string[]>;
  exceptions: Record<string, string[]>;
}

/** Reads and compiles the English rules (about 70 kB of JSON); callers should reuse the result. */
export function loadEnglishRules(): WordRules {
  const { classes, literals, exceptions } = JSON.parse(
    readFileSync(assetPath("spacy-en/rules.json"), "utf8"),
  ) as RulesFile;
  const { alpha, lower, upper, quotes } = classes;
  const ellipses = [String.raw`\.\.+`, "…"];
  const icons = `[${classes.icons}]`;
  const currency = literals.currency.map(escaped);

  // Alternatives keep spaCy's order: the first prefix that matches is used, not the longest.
  const prefix = new RegExp(
    `^${oneOf([
      ...["§", "%", "=", "—", "–", String.raw`\+(?![0-9])`],
      ...literals.punctuation.map(escaped),
      ...ellipses,
      ...literals.quotes.map(escaped),
      ...currency,
      icons,
    ])}`,
    "u",
  );
  const suffix = new RegExp(
    `${oneOf([
      ...literals.punctuation.map(escaped),
      ...ellipses,
      ...literals.quotes.map(escaped),
      icons,
      ...["'s", "'S", "’s", "’S", "—", "–"],
      String.raw`(?<=[0-9])\+`,
      String.raw`(?<=°[FfCcKk])\.`,
      `(?<=[0-9])${oneOf(currency)}`,
      `(?<=[0-9])${oneOf(literals.units.map(escaped))}`,
      String.raw`(?<=[${classes.beforeDot}])\.`,
      String.raw`(?<=[${upper}][${upper}])\.`,
    ])}$`,
    "u",
  );
  const infix = new RegExp(
    [
      ...ellipses,
      icons,
      String.raw`(?<=[0-9])[+\-*^](?=[0-9\-])`,
      String.raw`(?<=[${lower}${quotes}])\.(?=[${upper}${quotes}])`,
      `(?<=[${alpha}]),(?=[${alpha}])`,
      `(?<=[${alpha}0-9])${oneOf(literals.hyphens.map(escaped))}(?=[${alpha}])`,
      `(?<=[${alpha}0-9])[:<>=/](?=[${alpha}])`,
    ].join("|"),
    "gu",
  );
  const run = new RegExp(`[${classes.space}]+|[^${classes.space}]+`, "gu");

  return {
    exceptions: new Map(Object.entries(exceptions)),
    prefixLength: (text) => prefix.exec(text)?.[0].length ?? 0,
    suffixLength: (text) => suffixLength(suffix, text),
    infixes(text) {
      // Not matchAll, which compiles the expression for each text, at thirty times the cost of the
      // search.
      const found: Infix[] = [];
      infix.lastIndex = 0;
      for (let match = infix.exec(text); match; match = infix.exec(text)) {
        found.push({ start: match.index, end: infix.lastIndex });
      }
      return found;
    },
    isUrl: urlTest(classes),
    runs: (text) => text.match(run) ?? [],
  };
}

function escaped(literal: string): string {
  return literal.replace(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function oneOf(alternatives: readonly string[]): string {
  return `(?:${alternatives.join("|")})`;
}

/**
 * Searching the whole text for a suffix would be quadratic on long runs of affixes, so only a
 * window at the end is searched. All suffixes are short except a run of dots; if a match begins
 * near the window's start, the window grows.
 */
function suffixLength(suffix: RegExp, text: string): number {
  const margin = 16;
  for (let size = 64; ; size *= 8) {
    const window = text.slice(-size);
    const start = suffix.exec(window)?.index;
    if (start === undefined) return 0;
    if (start >= margin || window.length === text.length) return window.length - start;
  }
}

/**
 * spaCy's URL pattern as a test that is linear in the length of the text. spaCy writes protocol,
 * user, host, port and path as one expression, in which the user part `\S+(:\S*)?@` backtracks
 * quadratically; here each position where a host may begin is tried once. Both accept the same
 * texts.
 */
function urlTest({ word, digit, lower }: RulesFile["classes"]): (text: string) => boolean {
  const protocol = new RegExp(String.raw`^[${word}+\-.]{2,}://`, "u");
  const d = `[${digit}]`;
  const label = String.raw`[A-Za-z0-9\u00a1-\uffff]`;
  const labelInside = String.raw`[A-Za-z0-9\u00a1-\uffff_\-]`;
  const privateAddresses = [
    String.raw`(?:10|127)(?:\.${d}{1,3}){3}`,
    String.raw`(?:169\.254|192\.168)(?:\.${d}{1,3}){2}`,
    String.raw`172\.(?:1[6-9]|2${d}|3[01])(?:\.${d}{1,3}){2}`,
  ];
  const address = [
    `(?:[1-9]${d}?|1${d}${d}|2[01]${d}|22[0-3])`,
    String.raw`(?:\.(?:1?${d}{1,2}|2[0-4]${d}|25[0-5])){2}`,
    String.raw`\.(?:[1-9]${d}?|1${d}${d}|2[0-4]${d}|25[0-4])`,
  ].join("");
  const domain = String.raw`(?:(?:${label}${labelInside}{0,62})?${label}\.)+[${lower}]{2,63}`;
  const host = new RegExp(`(?:(?!${oneOf(privateAddresses)})${address}|${domain})(?::${d}{2,5})?(?:[/?#]|$)`, "uy");

  const isHost = (text: string, start: number) => {
    host.lastIndex = start;
    return host.test(text);
  };
  return (text) => {
    if (!text.includes(".")) return false;
    if (isHost(text, 0) || isHost(text, protocol.exec(text)?.[0].length ?? 0)) return true;
    for (let at = text.indexOf("@", 1); at >= 0; at = text.indexOf("@", at + 1)) {
      if (isHost(text, at + 1)) return true;
    }
    return false;
  };
}
