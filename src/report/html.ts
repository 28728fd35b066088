/** HTML as a tagged template: inserted values are escaped, unless they are HTML already. */

/** Finished HTML. Only `html` and `trusted` make it. */
export class Html {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** Values for a template; undefined, null and false are empty, lists are concatenated. */
export type Content = Html | string | number | undefined | null | false | readonly Content[];

/**
 * HTML with inserted values: texts are escaped and their control characters made visible, HTML is
 * unchanged. Safe in elements and in double-quoted attributes, not inside <script> or <style>.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0];
  for (const [i, value] of values.entries()) text += render(value) + strings[i + 1];
  return new Html(text);
}

/**
 * Treats the report's own markup (a drawn figure, the style sheet) as HTML. Never for text from a
 * run.
 */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(value: Content): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(render).join("");
  return escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text escaped for HTML: markup characters as entities, control characters as in `visibleText`. */
export function escapeText(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => entities[character]);
}

/**
 * Text without characters that HTML forbids or that reorder the text around them: control
 * characters become their pictures (U+2400...), lone surrogates and other non-characters U+FFFD,
 * direction overrides their code in brackets. Tab and line feed stay.
 */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/gu, (character) => {
      const code = character.codePointAt(0)!;
      if (character === "\t" || character === "\n") return character;
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      if (code === 0x7f) return "\u2421";
      return /\p{Bidi_Control}/u.test(character) ? `[U+${code.toString(16).toUpperCase()}]` : "\ufffd";
    });
}
