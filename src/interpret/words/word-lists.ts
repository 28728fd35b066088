/** The closed word classes of English, and forms of irregular words, as short lists. */

/** The words of a text that are separated by spaces or line breaks. */
export const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/**
 * Closed classes by their names in explanations. Auxiliaries include parts of contractions ("don" +
 * "'t"). Words of several classes ("that", "her") are in each.
 */
export const wordLists: Readonly<Record<string, ReadonlySet<string>>> = {
  articles: wordSet("a an the"),
  "demonstratives (this, that, ...)": wordSet("this that these those"),
  "first-person pronouns": wordSet("i me my mine myself we us our ours ourselves"),
  "second-person pronouns": wordSet("you your yours yourself"),
  "third-person pronouns": wordSet(
    "he him his himself she her hers herself it its itself they them their theirs themselves",
  ),
  'forms of "be"': wordSet("be am is are was were been being isn aren wasn weren"),
  'forms of "have"': wordSet("have has had having haven hasn hadn"),
  'forms of "do"': wordSet("do does did doing done don doesn didn"),
  "modal verbs": wordSet("can could will would shall should may might must couldn wouldn shouldn won"),
  "words of negation": wordSet("not no never nothing nobody none neither nor without cannot"),
  "question words": wordSet("who whom whose which what when where why how"),
  conjunctions: wordSet("and or but nor so yet because although though while if unless until since than whether"),
  prepositions: wordSet(
    "of in on at to for with from by about as into through over after before between under against during without like upon among off out up down",
  ),
  "words of degree": wordSet(
    "very so really too quite rather pretty extremely totally completely just even almost only much more most less least",
  ),
  "words of quantity": wordSet("all some any many much few several every each both most none lot lots"),
};

/** Irregular words, each line the forms of its first word. */
const irregular = [
  "be am is are was were been being",
  "have has had having",
  "do does did done doing",
  "go goes went gone going",
  "say says said saying",
  "get gets got gotten getting",
  "make makes made making",
  "see sees saw seen seeing",
  "take takes took taken taking",
  "know knows knew known knowing",
  "think thinks thought thinking",
  "come comes came coming",
  "give gives gave given giving",
  "find finds found finding",
  "tell tells told telling",
  "feel feels felt feeling",
  "good better best",
  "bad worse worst",
  "man men",
  "woman women",
  "child children",
].map((line) => line.split(" "));

const ENDINGS = ["ings", "ing", "ies", "ied", "est", "ers", "ed", "er", "es", "s", "y", "e"];

/** The common stem of a word's regular forms: "movi" for "movie" and "movies". */
function stemOf(word: string): string {
  const ending = ENDINGS.find((ending) => word.endsWith(ending) && word.length >= ending.length + 3);
  const stem = ending === undefined || word.endsWith("ss") ? word : word.slice(0, -ending.length);
  const bare = stem.replace(/[iy]$/, "");
  return bare.replace(/([^aeiouls])\1$/, "$1");
}

/** The word of which all of these are forms, e.g. "be" for "is" and "was"; undefined if none. */
export function commonWord(words: readonly string[]): string | undefined {
  const known = irregular.find((forms) => words.every((word) => forms.includes(word)));
  if (known) return known[0];
  const [first] = words;
  if (!words.every((word) => /^\p{L}{3,}$/u.test(word) && stemOf(word) === stemOf(first))) return undefined;
  return words.reduce((shortest, word) => (word.length < shortest.length ? word : shortest));
}
