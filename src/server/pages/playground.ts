/**
 * The playground: completions of base and tuned model, other weights, edits of features, and active
 * features of a text.
 */
import { type Html, html } from "../../report/html.js";
import type { CarriedFeature } from "../../results/sections/carry.js";
import type { ListedFeatures } from "../exchanged-features.js";
import type { RunSummary } from "../summarise-run.js";
import { renderFrame, runPath, runTabs } from "./frame.js";

/** Why the models cannot be used, or the features that can be put from one into the other. */
export type PlaygroundState = { readonly problem: string } | { readonly shared: ListedFeatures };

/** Checkboxes of shared features, in the order of carry's ranking. */
function exchangeControls({ features, missing }: ListedFeatures): Html {
  if (missing)
    return html`<p class="note" id="no-exchange">Features cannot be put from one model into the other: ${missing}</p>`;
  const box = ({ layer, feature, attribution, frequency }: CarriedFeature) =>
    html`<label><input type="checkbox" value="shared-${layer}-${feature}"><span>Layer ${layer}, feature ${feature}<small>${attribution.toPrecision(2)} nats, active on ${(100 * frequency).toFixed(1)}%</small></span></label>`;
  return html`<fieldset id="exchange" hidden><legend>Features that both models share, by attribution</legend>${features.map(box)}</fieldset>`;
}

export function playgroundPage(summary: RunSummary, hasReport: boolean, state: PlaygroundState): string {
  const setting = (name: string, label: string, value: string, range: string) =>
    html`<label>${label} <input type="number" name="${name}" value="${value}" ${html`${range}`}></label>`;
  return renderFrame({
    title: `Playground of ${summary.id}`,
    kicker: "Playground",
    heading: "Before and after tuning, feature by feature",
    byline: `${summary.id} · ${summary.models.base}`,
    tabs: runTabs(summary.id, hasReport),
    here: runPath(summary.id, "playground"),
    ...("shared" in state && { module: "playground" }),
    body:
      "problem" in state
        ? html`<div class="not-run"><p>The playground is not ready.</p><ul><li>${state.problem}</li></ul></div>`
        : html`<h2 id="completions">Completions</h2>
<form class="playground" id="complete" data-run="${encodeURIComponent(summary.id)}">
<label for="prefix">Prompt</label>
<textarea id="prefix" name="prefix" rows="2" maxlength="4000" required>This movie was</textarea>
<div class="settings">
${setting("tokens", "Tokens", "20", "min=1 max=200 step=1")}${setting("temperature", "Temperature", "1", "min=0 max=10 step=any")}${setting("topK", "Top-k (0: all)", "0", "min=0 step=1")}${setting("topP", "Top-p", "1", "min=0.01 max=1 step=any")}${setting("seed", "Seed", "42", "min=0 max=4294967295 step=1")}
<button class="primary">Complete</button> <button type="button" id="again" title="the next seed">Another sample</button> <button type="button" id="cancel" disabled>Cancel</button>
</div>
<p class="message" id="problem" role="alert"></p>
</form>
<div class="columns" id="columns">
<section class="column base" aria-labelledby="base-title"><h3 id="base-title">Base model</h3><p></p><output aria-live="polite"></output></section>
<section class="column tuned" aria-labelledby="tuned-title"><h3 id="tuned-title">Tuned model</h3><p></p><output aria-live="polite"></output></section>
<section class="column edited" aria-labelledby="edited-title" hidden><h3 id="edited-title">Edited model</h3><p></p><output aria-live="polite"></output></section>
</div>
<p class="note">All columns use the same random numbers. Underlined: words with a positive value in the reward; wavy: words with a negative value. Point at a word for its value.</p>
<h2 id="between-models">Between the two models</h2>
<p class="note">Dose a: the third column has the weights base + a (tuned − base); 0 is the base model, 1 the tuned one. Parts: the chosen parts of one model replace those of the other. Features: at every token, the chosen features of both models' shared dictionaries have the other model's activations. Amplification b: its logits + b (its logits − the base model's logits).</p>
<form class="playground" id="between">
<div class="settings">
<label>Third column <select name="kind"><option value="tuned">tuned model</option><option value="dose">dose</option><option value="tuned-parts">parts of tuned in base</option><option value="base-parts">parts of base in tuned</option>${state.shared.missing ? "" : html`<option value="tuned-features">features of tuned in base</option><option value="base-features">features of base in tuned</option>`}</select></label>
<label hidden>Dose <span class="slider"><input type="range" name="dose" min="-0.5" max="1.5" step="0.05" value="0.5"><output id="dose-value">0.5</output></span></label>
<label>Amplification <span class="slider"><input type="range" name="amplification" min="-1" max="4" step="0.1" value="0"><output id="amplification-value">0</output></span></label>
</div>
<fieldset id="parts" hidden><legend>Parts</legend></fieldset>
${exchangeControls(state.shared)}
</form>
<h2 id="features">Features to ablate or steer</h2>
<p class="note">Ablated: the feature's activation times its direction is subtracted from the MLP's output. Steered: its direction is added at every token; the unit of strength is the feature's highest known activation.</p>
<ul class="chosen" id="chosen" aria-label="Edited features"></ul>
<p><button type="button" id="related" disabled>Ablate the five most reward-related</button> <button type="button" id="clear">Clear all edits</button></p>
<form class="playground" role="search" id="search"><label for="words">Find a feature of the tuned model</label>
<div class="settings"><input type="search" id="words" placeholder="explanation, layer 3, related" autocomplete="off" style="flex: 1 1 240px"></div></form>
<ul class="found" id="found" aria-label="Features found" tabindex="0"></ul>
<h2 id="activations">Active features of a text</h2>
<form class="playground" id="read"><label for="text">Text</label>
<textarea id="text" name="text" rows="2" maxlength="20000" required>A dull plot, but what a wonderful cast!</textarea>
<div class="settings"><button class="primary">Show activations</button></div><p class="message" id="unread" role="alert"></p></form>
<div id="reading" hidden><p class="note" id="shown"></p><div class="tokens" id="heat"></div>
<div class="columns"><div><h3>Base model</h3><ul class="found" id="base-active" tabindex="0" aria-label="Active in the base model"></ul></div><div><h3>Tuned model</h3><ul class="found" id="tuned-active" tabindex="0" aria-label="Active in the tuned model"></ul></div></div></div>`,
  });
}
