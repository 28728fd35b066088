/**
 * The playground: shows completions as they are sampled, keeps the weights and the list of edited
 * features, and shows activations of texts.
 */

import { type Between, betweenFromAddress, betweenInWords, betweenToAddress, watchBetween } from "./between.js";
import { find, make } from "./elements.js";

interface Feature {
  id: string;
  model: "base" | "tuned";
  layer: number;
  feature: number;
  explanation?: string;
  related?: boolean;
  sentimentAssociation?: number;
  max?: number;
  values?: number[];
}

interface Change {
  feature: string;
  kind: "ablate" | "steer";
  strength: number;
}

interface Word {
  start: number;
  end: number;
  value: number;
}

type Line =
  | { error: { message: string } }
  | { column: string; text: string; done?: undefined }
  | { column: string; done: true; text: string; reward: number; words: Word[]; milliseconds: number };

const form = find<HTMLFormElement>("#complete");
const api = `/api/runs/${form.dataset.run}`;
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
const settings = ["tokens", "temperature", "topK", "topP", "seed"] as const;
const cancel = find<HTMLButtonElement>("#cancel");
const problem = find("#problem");
let changes: Change[] = [];
let between: Between = { amplification: 0 };
let features: Feature[] = [];
const byId = new Map<string, Feature>();
let running: AbortController | undefined;

/** The state of the page as an address that restores it. */
function address(): void {
  const query = new URLSearchParams({ prefix: field("prefix").value });
  for (const name of settings) query.set(name, field(name).value);
  for (const { feature, kind, strength } of changes)
    query.append(kind, kind === "steer" ? `${feature}*${strength}` : feature);
  betweenToAddress(between, query);
  history.replaceState(null, "", `?${query}`);
}

function fromAddress(): void {
  const query = new URLSearchParams(location.search);
  for (const name of ["prefix", ...settings]) if (query.has(name)) field(name).value = query.get(name)!;
  for (const feature of query.getAll("ablate")) changes.push({ feature, kind: "ablate", strength: 1 });
  for (const entry of query.getAll("steer")) {
    const [feature, strength] = entry.split("*");
    changes.push({ feature, kind: "steer", strength: Number(strength) || 1 });
  }
  between = betweenFromAddress(query);
}

async function complete(): Promise<void> {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  cancel.disabled = false;
  problem.textContent = "";
  address();
  const prefix = field("prefix").value;
  const edits = changes.map(({ feature, kind, strength }) => ({
    feature,
    kind,
    ...(kind === "steer" && { strength }),
  }));
  const inWords = [...betweenInWords(between), ...(edits.length > 0 ? ["edited features"] : [])];
  find(".column.edited").hidden = inWords.length === 0;
  find("#edited-title").textContent =
    `${between.weights || between.exchange ? "" : "Tuned model, "}${inWords.join(", ")}`;
  for (const column of document.querySelectorAll(".column")) {
    column.querySelector("p")!.replaceChildren(make("span", { className: "given" }, prefix));
    column.querySelector("output")!.textContent = "";
  }
  try {
    const body = {
      prefix,
      ...Object.fromEntries(settings.map((name) => [name, Number(field(name).value)])),
      edits,
      ...between,
    };
    const answer = await post(`${api}/complete`, body, controller.signal);
    for await (const line of lines(answer.body!)) show(line as Line, prefix);
  } catch (error) {
    if (!controller.signal.aborted) problem.textContent = (error as Error).message;
  } finally {
    if (running === controller) {
      running = undefined;
      cancel.disabled = true;
    }
  }
}

function show(line: Line, prefix: string): void {
  if ("error" in line) {
    problem.textContent = line.error.message;
    return;
  }
  const column = find(`.column.${line.column}`);
  const text = column.querySelector("p")!;
  if (!line.done) {
    text.append(line.text);
    return;
  }
  text.replaceChildren(...marked(prefix, line.text, line.words));
  column.querySelector("output")!.textContent = `reward ${line.reward.toFixed(2)} · ${line.milliseconds} ms`;
}

/** Prompt and completion with marked words that have a value in the lexicon. */
function marked(prefix: string, completion: string, words: readonly Word[]): Node[] {
  const text = prefix + completion;
  const nodes: Node[] = [];
  const plain = (start: number, end: number): void => {
    if (start < prefix.length)
      nodes.push(make("span", { className: "given" }, text.slice(start, Math.min(end, prefix.length))));
    if (end > prefix.length) nodes.push(document.createTextNode(text.slice(Math.max(start, prefix.length), end)));
  };
  let at = 0;
  for (const { start, end, value } of words) {
    plain(at, start);
    const sign = value > 0 ? "+" : "\u2212";
    const title = `${sign}${Math.abs(value).toFixed(2)}`;
    nodes.push(make("mark", { className: value > 0 ? "good" : "bad", title }, text.slice(start, end)));
    at = end;
  }
  plain(at, text.length);
  return nodes;
}

/** @throws Error with the server's message */
async function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!answer.ok) throw new Error(((await answer.json()) as { error: { message: string } }).error.message);
  return answer;
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop()!;
    for (const part of parts) if (part) yield JSON.parse(part);
  }
}

function change(feature: string, kind: Change["kind"]): void {
  changes = [...changes.filter((one) => one.feature !== feature), { feature, kind, strength: 1 }];
  showChanges();
}

function showChanges(): void {
  address();
  find("#chosen").replaceChildren(
    ...changes.map((one) => {
      const known = byId.get(one.feature);
      const item = make(
        "li",
        {},
        make(
          "span",
          { className: "what" },
          `${one.kind} ${name(one.feature)}`,
          known?.explanation ? `: ${known.explanation}` : "",
        ),
      );
      if (one.kind === "steer") {
        const value = make("output", {}, `${one.strength}`);
        const slider = make("input", {
          type: "range",
          min: "-3",
          max: "3",
          step: "0.1",
          value: `${one.strength}`,
          ariaLabel: `strength of ${name(one.feature)}`,
        });
        slider.addEventListener("input", () => {
          one.strength = Number(slider.value);
          value.textContent = slider.value;
          address();
        });
        slider.addEventListener("change", () => void complete());
        item.append(make("label", {}, "strength ", slider), value);
      }
      const remove = make("button", { type: "button" }, "remove");
      remove.addEventListener("click", () => {
        changes = changes.filter((other) => other !== one);
        showChanges();
        void complete();
      });
      item.append(remove);
      return item;
    }),
  );
}

function name(id: string): string {
  const [model, layer, feature] = id.split("-");
  return `${model} layer ${layer}, feature ${feature}`;
}

/** A feature with its buttons; those of the base model have none. */
function entry(feature: Feature, look?: () => void): HTMLLIElement {
  const item = make(
    "li",
    {},
    make(
      "span",
      { className: "what" },
      make("b", {}, `Layer ${feature.layer}, feature ${feature.feature}`),
      feature.explanation ? `: ${feature.explanation}` : " (not explained)",
    ),
  );
  if (feature.related) item.append(make("span", { className: "label related" }, "related"));
  if (feature.max !== undefined) item.append(make("span", { className: "peak" }, `max ${feature.max.toPrecision(3)}`));
  const button = (label: string, act: () => void): void => {
    const element = make("button", { type: "button", ariaLabel: `${label} ${name(feature.id)}` }, label);
    element.addEventListener("click", act);
    item.append(element);
  };
  if (look) button("show", look);
  if (feature.model !== "base") {
    const use = (kind: Change["kind"]) => () => {
      change(feature.id, kind);
      void complete();
    };
    button("ablate", use("ablate"));
    if (feature.explanation !== undefined) button("steer", use("steer"));
  }
  return item;
}

/** The order of features by relation to the reward: labelled ones first, then by association. */
function byRelation(a: Feature, b: Feature): number {
  return (
    Number(b.related ?? false) - Number(a.related ?? false) ||
    Math.abs(b.sentimentAssociation ?? 0) - Math.abs(a.sentimentAssociation ?? 0)
  );
}

const SHOWN = 12;

function search(): void {
  const words = find<HTMLInputElement>("#words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = features.filter((feature) => {
    const text =
      `layer ${feature.layer} feature ${feature.feature} ${feature.related ? "related" : ""} ${feature.explanation}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const list = found.slice(0, SHOWN).map((feature) => entry(feature));
  const rest = found.length - list.length;
  const note =
    found.length === 0 ? "no feature has these words" : rest > 0 ? `and ${rest} more: narrow the search` : "";
  find("#found").replaceChildren(...list, ...(note ? [make("li", {}, note)] : []));
}

interface Reading {
  tokens: string[];
  cut: boolean;
  models: Record<"base" | "tuned", Feature[]>;
}

async function read(): Promise<void> {
  const unread = find("#unread");
  unread.textContent = "";
  try {
    const answer = await post(`${api}/activations`, { text: find<HTMLTextAreaElement>("#text").value });
    const reading = (await answer.json()) as Reading;
    find("#reading").hidden = false;
    for (const model of ["base", "tuned"] as const)
      find(`#${model}-active`).replaceChildren(
        ...reading.models[model].map((feature) =>
          entry({ ...feature, model }, () => heat(reading, { ...feature, model })),
        ),
      );
    const most = reading.models.tuned[0] ?? reading.models.base[0];
    if (most) heat(reading, most);
  } catch (error) {
    unread.textContent = (error as Error).message;
  }
}

/** The tokens of the text, shaded by one feature in tenths of its highest value here. */
function heat({ tokens, cut }: Reading, feature: Feature): void {
  find("#shown").textContent =
    `${name(feature.id)}${feature.explanation ? `: ${feature.explanation}` : ""}${cut ? " (the text was cut)" : ""}`;
  find("#heat").replaceChildren(
    ...tokens.map((token, t) => {
      const value = feature.values![t];
      const shade = value > 0 ? `h${Math.max(1, Math.ceil((10 * value) / feature.max!))}` : "";
      return make("span", { className: shade, title: value.toPrecision(3) }, token.replace(/\n/g, "\u21b5"));
    }),
  );
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void complete();
});
cancel.addEventListener("click", () => running?.abort());
find("#again").addEventListener("click", () => {
  field("seed").value = String(Number(field("seed").value) + 1);
  void complete();
});
find("#clear").addEventListener("click", () => {
  changes = [];
  showChanges();
  void complete();
});
find("#related").addEventListener("click", () => {
  changes = features
    .filter(({ related }) => related)
    .slice(0, 5)
    .map(({ id }) => ({ feature: id, kind: "ablate", strength: 1 }));
  if (changes.length === 0) problem.textContent = "no feature of the tuned model was labelled as related to the reward";
  showChanges();
  if (changes.length === 0) return;
  void complete();
  // On a phone the columns are above the visible part.
  find(".column.edited").scrollIntoView({ block: "nearest" });
});
find("#words").addEventListener("input", search);
find("#search").addEventListener("submit", (event) => event.preventDefault());
find("#read").addEventListener("submit", (event) => {
  event.preventDefault();
  void read();
});

fromAddress();
watchBetween(api, between, (changed) => {
  between = changed;
  void complete();
});
const answer = await fetch(`${api}/features`);
const all = ((await answer.json()) as { features: Feature[] }).features;
for (const feature of all) byId.set(feature.id, feature);
features = all.filter(({ model }) => model === "tuned").sort(byRelation);
// Enabled only when the features are loaded; before, it would report that none is related.
find<HTMLButtonElement>("#related").disabled = false;
showChanges();
search();
if (changes.length > 0 || betweenInWords(between).length > 0 || location.search.includes("prefix=")) void complete();
