/** Parses one JSON value, optionally with the NaN and Infinity of Python's json module. */

/**
 * @param options nanIsNull: read NaN, Infinity and -Infinity as null
 * @throws SyntaxError when the text is not one JSON value
 */
export function parseJson(text: string, { nanIsNull = false } = {}): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!nanIsNull || !/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(withoutNan(text));
  }
}

/** The text with null for every NaN and Infinity outside of strings. */
function withoutNan(text: string): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? undefined : quote);
    result += outside.replace(/-?\b(?:NaN|Infinity)\b/g, "null");
    if (quote < 0) break;
    at = endOfString(text, quote + 1);
    result += text.slice(quote, at);
  }
  return result;
}

/**
 * The position after the closing quote of the JSON string whose characters begin at `at`, or the
 * end of the text.
 */
export function endOfString(text: string, at: number): number {
  for (let end = at; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === '"') return end + 1;
  }
  return text.length;
}
