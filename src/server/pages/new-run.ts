/** The page on which a run is configured and started. */
import { presets } from "../../config/presets.js";
import { html } from "../../report/html.js";
import { renderFrame } from "./frame.js";

/** @param unfit why no run can be made here; undefined if one can */
export function newRunPage(unfit: string | undefined): string {
  return renderFrame({
    title: "New run",
    kicker: "New run",
    heading: "Configure and start a run",
    tabs: [
      { name: "Runs", path: "/" },
      { name: "New run", path: "/new" },
    ],
    here: "/new",
    ...(!unfit && { module: "new-run" }),
    body: unfit
      ? html`<div class="not-run"><p>No run can be started here.</p><ul><li>${unfit}</li></ul></div>`
      : html`<form class="playground" id="new">
<div class="settings">
<label>Preset <select id="preset">${Object.keys(presets).map((name) => html`<option${name === "default" && html` selected`}>${name}</option>`)}</select></label>
<label>Name of the run's folder <input type="text" id="name" class="wide" value="" required maxlength="100" autocomplete="off" spellcheck="false"></label>
</div>
${Object.entries(presets).map(([name, { summary }]) => html`<p class="note" data-preset="${name}" hidden>${summary}</p>`)}
<label for="text">Configuration; relative paths begin where <code>rewardscope view</code> was started</label>
<textarea id="text" class="code" rows="16" spellcheck="false" autocomplete="off" aria-describedby="state"></textarea>
<p class="note" id="state" role="status"></p>
<ul class="problems" id="problems" aria-label="Problems"></ul>
<div class="settings">
<button type="button" id="plan">Dry run</button> <button type="button" id="estimate" title="measures for about a minute">Estimate time and memory</button> <button class="primary" id="start">Start</button> <button type="button" id="cancel" hidden>Cancel</button>
</div>
<p class="message" id="refusal" role="alert"></p>
</form>
<div id="planned" aria-live="polite"></div>`,
  });
}
