/** The playground's third column between base and tuned model: weights, features, and its amplification. */
import { find, make } from "./elements.js";

/** As in a request of a completion. */
export interface Between {
  weights?: { kind: "dose"; dose: number } | { kind: "parts"; into: "base" | "tuned"; parts: string[] };
  exchange?: { into: "base" | "tuned"; features: string[] };
  amplification: number;
}

const moduleNames: Readonly<Record<string, string>> = { attention: "attention", mlp: "MLP", norm: "norms" };

/** "attention-3" as "attention of layer 3" */
function partInWords(id: string): string {
  const [module, layer] = id.split("-");
  const name = moduleNames[module] ?? module;
  return layer === undefined ? name : `${name} of layer ${layer}`;
}

/** "shared-3-17" as "3/17" */
const featureInWords = (id: string): string => id.replace(/^shared-(\d+)-(\d+)$/, "$1/$2");

/** More features than this are counted in titles. */
const NAMED = 4;

function featuresInWords(features: readonly string[]): string {
  return features.length > NAMED
    ? `${features.length} features`
    : `feature${features.length === 1 ? "" : "s"} ${features.map(featureInWords).join(", ")} (layer/feature)`;
}

/** What differs from the tuned model as it is. */
export function betweenInWords({ weights, exchange, amplification }: Between): string[] {
  const words: string[] = [];
  if (weights?.kind === "dose") words.push(`Dose ${weights.dose}`);
  const recipient = weights?.kind === "parts" ? weights : exchange;
  if (recipient) {
    const [capital, other] = recipient.into === "base" ? ["Base", "tuned"] : ["Tuned", "base"];
    const what =
      "parts" in recipient ? recipient.parts.map(partInWords).join(", ") : featuresInWords(recipient.features);
    words.push(`${capital} model with ${other}'s ${what}`);
  }
  if (amplification !== 0) words.push(`amplification ${amplification}`);
  return words;
}

/** Puts what `betweenFromAddress` reads into an address. */
export function betweenToAddress({ weights, exchange, amplification }: Between, query: URLSearchParams): void {
  if (weights?.kind === "dose") query.set("dose", String(weights.dose));
  if (weights?.kind === "parts") query.set(`into-${weights.into}`, weights.parts.join(" "));
  if (exchange) query.set(`features-into-${exchange.into}`, exchange.features.join(" "));
  if (amplification !== 0) query.set("amplification", String(amplification));
}

/** What an address says of the third column; the tuned model where it says nothing. */
export function betweenFromAddress(query: URLSearchParams): Between {
  const between: Between = { amplification: Number(query.get("amplification")) || 0 };
  const dose = Number.parseFloat(query.get("dose") ?? "");
  if (Number.isFinite(dose)) between.weights = { kind: "dose", dose };
  for (const into of ["base", "tuned"] as const) {
    const parts = query.get(`into-${into}`)?.split(" ").filter(Boolean) ?? [];
    if (parts.length > 0) between.weights = { kind: "parts", into, parts };
    const features = query.get(`features-into-${into}`)?.split(" ").filter(Boolean) ?? [];
    if (features.length > 0) between.exchange = { into, features };
  }
  // One model has either; the server refuses both.
  if (between.weights) delete between.exchange;
  return between;
}

/** Shows the third column of the address in the form, and calls `onChange` when the user has chosen another. */
export function watchBetween(api: string, start: Between, onChange: (between: Between) => void): void {
  const form = find<HTMLFormElement>("#between");
  const kind = form.elements.namedItem("kind") as HTMLSelectElement;
  const dose = form.elements.namedItem("dose") as HTMLInputElement;
  const amplification = form.elements.namedItem("amplification") as HTMLInputElement;
  const parts = find<HTMLFieldSetElement>("#parts");
  // Absent where the run has no features to choose from.
  const shared = document.querySelector<HTMLFieldSetElement>("#exchange");
  const { weights, exchange } = start;
  const chosen = new Set(weights?.kind === "parts" ? weights.parts : []);
  const given = (into: "base" | "tuned") => (into === "base" ? "tuned" : "base");
  if (weights?.kind === "dose") kind.value = "dose";
  else if (weights) kind.value = `${given(weights.into)}-parts`;
  else if (exchange && shared) {
    kind.value = `${given(exchange.into)}-features`;
    for (const box of shared.querySelectorAll("input")) box.checked = exchange.features.includes(box.value);
  } else kind.value = "tuned";
  if (weights?.kind === "dose") dose.value = String(weights.dose);
  amplification.value = String(start.amplification);

  const isParts = () => kind.value.endsWith("-parts");
  const isFeatures = () => kind.value.endsWith("-features");
  const show = (): void => {
    dose.closest("label")!.hidden = kind.value !== "dose";
    parts.hidden = !isParts();
    if (shared) shared.hidden = !isFeatures();
    find("#dose-value").textContent = dose.value;
    find("#amplification-value").textContent = amplification.value;
    if (isParts() && parts.childElementCount === 1) void listParts();
  };
  const listParts = async (): Promise<void> => {
    const legend = parts.querySelector("legend")!;
    legend.textContent = "Parts: the models are loaded";
    const answer = await fetch(`${api}/parts`);
    const body = (await answer.json()) as { parts: string[] } | { error: { message: string } };
    if ("error" in body) {
      legend.textContent = body.error.message;
      return;
    }
    legend.textContent = "Parts";
    const boxes = body.parts.map((id) =>
      make("label", {}, make("input", { type: "checkbox", value: id, checked: chosen.has(id) }), partInWords(id)),
    );
    parts.replaceChildren(legend, ...boxes);
  };
  const read = (): Between => {
    const between: Between = { amplification: Number(amplification.value) };
    if (kind.value === "dose") between.weights = { kind: "dose", dose: Number(dose.value) };
    const isListed = parts.childElementCount > 1;
    const boxes = [...parts.querySelectorAll<HTMLInputElement>("input:checked")];
    const into = kind.value.startsWith("tuned-") ? "base" : "tuned";
    const ids = isListed ? boxes.map(({ value }) => value) : [...chosen];
    if (isParts() && ids.length > 0) between.weights = { kind: "parts", into, parts: ids };
    const features = shared
      ? [...shared.querySelectorAll<HTMLInputElement>("input:checked")].map(({ value }) => value)
      : [];
    if (isFeatures() && features.length > 0) between.exchange = { into, features };
    return between;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => onChange(read()));
  show();
}
