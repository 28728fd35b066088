/** Prompts: text files with placeholders, of the package or the user. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { assetPath } from "../assets.js";
import { FormatError } from "../errors.js";
import { unreadable } from "../io/atomic.js";
import { shownName } from "../io/shown-value.js";
import { readTextFileNow } from "../io/text-file.js";

/** Every prompt, a file NAME.md, and its placeholders `{{placeholder}}`. */
const PLACES = {
  explain: ["examples"],
  classify: ["reward", "explanation"],
  "movie-opinion": ["explanation"],
  detect: ["explanation", "excerpts"],
  fuzz: ["explanation", "excerpts"],
  simulate: ["explanation", "tokens"],
  substitute: ["context", "word"],
} as const;

/** Larger files are rejected. */
const MOST_BYTES = 2 ** 20;

/** The name of a prompt file. */
export type PromptName = keyof typeof PLACES;

/** The texts of the prompt files by name. */
export type Prompts = Record<PromptName, string>;

const names = Object.keys(PLACES) as PromptName[];
const shipped = assetPath("prompts");

/**
 * Reads the prompts. A file in `folder` replaces the package's file of the same name.
 * @throws FormatError when a file of the folder is not UTF-8 text, has an unknown name, or has
 *   missing or unknown placeholders
 */
export function loadPrompts(folder?: string): Prompts {
  const own = folder === undefined ? [] : namesIn(folder);
  return Object.fromEntries(
    names.map((name) => [name, readPrompt(join(own.includes(name) ? folder! : shipped, `${name}.md`), name)]),
  ) as Prompts;
}

/** A prompt with values for its placeholders. */
export function fillPrompt(prompts: Prompts, name: PromptName, values: Record<string, string>): string {
  return prompts[name].replace(/\{\{(\w+)\}\}/g, (_, place: string) => values[place]);
}

/**
 * Names of the prompt files in a folder.
 * @throws FormatError when it cannot be read
 */
export function promptFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(".md") || file.endsWith(".txt"));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function namesIn(folder: string): string[] {
  const files = promptFilesIn(folder);
  const known = names.map((name) => `${name}.md`);
  const stranger = files.find((file) => !known.includes(file));
  if (stranger !== undefined || files.length === 0)
    throw new FormatError(folder, `expected prompts (${known.join(", ")}), received ${stranger ?? "none"}`);
  return files.map((file) => file.slice(0, -".md".length));
}

function readPrompt(file: string, name: PromptName): string {
  const text = readTextFileNow(file, MOST_BYTES).trim();
  const places: readonly string[] = PLACES[name];
  const found = [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, place]) => place);
  const missing = places.find((place) => !found.includes(place));
  const strange = found.find((place) => !places.includes(place));
  if (missing !== undefined) throw new FormatError(file, `expected the place {{${missing}}}, received none`);
  if (strange !== undefined)
    throw new FormatError(
      file,
      `expected the places ${places.map((place) => `{{${place}}}`).join(", ")}, received {{${shownName(strange)}}}`,
    );
  return text;
}
