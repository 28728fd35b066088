/** The playground's weights between base and tuned model, and its amplification. */
import { find, make } from "./elements.js";

/** As in a request of a completion. */
export interface Between {
  weights?: { kind: "dose"; dose: number } | { kind: "parts"; into: "base" | "tuned"; parts: string[] };
  amplification: number;
}

const moduleNames: Readonly<Record<string, string>> = { attention: "attention", mlp: "MLP", norm: "norms" };

/** "attention-3" as "attention of layer 3" */
function partInWords(id: string): string {
  const [module, layer] = id.split("-");
  const name = moduleNames[module] ?? module;
  return layer === undefined ? name : `${name} of layer ${layer}`;
}

/** What differs from the tuned model as it is. */
export function betweenInWords({ weights, amplification }: Between): string[] {
  const words: string[] = [];
  if (weights?.kind === "dose") words.push(`Dose ${weights.dose}`);
  if (weights?.kind === "parts") {
    const other = weights.into === "base" ? "tuned" : "base";
    const capital = weights.into === "base" ? "Base" : "Tuned";
    words.push(`${capital} model with ${other}'s ${weights.parts.map(partInWords).join(", ")}`);
  }
  if (amplification !== 0) words.push(`amplification ${amplification}`);
  return words;
}

/** Puts what `betweenFromAddress` reads into an address. */
export function betweenToAddress({ weights, amplification }: Between, query: URLSearchParams): void {
  if (weights?.kind === "dose") query.set("dose", String(weights.dose));
  if (weights?.kind === "parts") query.set(`into-${weights.into}`, weights.parts.join(" "));
  if (amplification !== 0) query.set("amplification", String(amplification));
}

/** The weights and amplification of an address; those of the tuned model where it names none. */
export function betweenFromAddress(query: URLSearchParams): Between {
  const between: Between = { amplification: Number(query.get("amplification")) || 0 };
  const dose = Number.parseFloat(query.get("dose") ?? "");
  if (Number.isFinite(dose)) between.weights = { kind: "dose", dose };
  for (const into of ["base", "tuned"] as const) {
    const parts = query.get(`into-${into}`)?.split(" ").filter(Boolean) ?? [];
    if (parts.length > 0) between.weights = { kind: "parts", into, parts };
  }
  return between;
}

/** Shows the weights of the address in the form, and calls `onChange` when the user has chosen others. */
export function watchBetween(api: string, start: Between, onChange: (between: Between) => void): void {
  const form = find<HTMLFormElement>("#between");
  const kind = form.elements.namedItem("kind") as HTMLSelectElement;
  const dose = form.elements.namedItem("dose") as HTMLInputElement;
  const amplification = form.elements.namedItem("amplification") as HTMLInputElement;
  const parts = find<HTMLFieldSetElement>("#parts");
  const { weights } = start;
  const chosen = new Set(weights?.kind === "parts" ? weights.parts : []);
  kind.value =
    weights?.kind === "dose" ? "dose" : weights ? `${weights.into === "base" ? "tuned" : "base"}-parts` : "tuned";
  if (weights?.kind === "dose") dose.value = String(weights.dose);
  amplification.value = String(start.amplification);

  const isParts = () => kind.value.endsWith("-parts");
  const show = (): void => {
    dose.closest("label")!.hidden = kind.value !== "dose";
    parts.hidden = !isParts();
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
    const ids = isListed ? boxes.map(({ value }) => value) : [...chosen];
    if (isParts() && ids.length > 0)
      between.weights = { kind: "parts", into: kind.value === "tuned-parts" ? "base" : "tuned", parts: ids };
    return between;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => onChange(read()));
  show();
}
