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
    byline: "Choose a preset, change its settings, see what it will do.",
    tabs: [
      { name: "Runs", path: "/" },
      { name: "New run", path: "/new" },
    ],
    here: "/new",
    ...(!unfit && { module: "new-run" }),
    body: unfit
      ? html`<div class="not-run"><p>No run can be started here.</p><ul><li>${unfit}</li></ul></div>`
      : html`<form class="new-run" id="new">
<div class="fields">
<label>Preset <select id="preset">${Object.keys(presets).map((name) => html`<option${name === "default" && html` selected`}>${name}</option>`)}</select></label>
<label>Name of the run's folder <input type="text" id="name" value="" placeholder="my-run" required maxlength="100" autocomplete="off" spellcheck="false"></label>
${Object.entries(presets).map(([name, { summary }]) => html`<p class="note" data-preset="${name}" hidden>${summary}</p>`)}
</div>
<div class="editor">
<label for="text">Configuration</label>
<p class="note" id="paths">YAML or JSON. Relative paths begin where <code>rewardscope view</code> was started.</p>
<textarea id="text" class="code" spellcheck="false" autocomplete="off" aria-describedby="paths state"></textarea>
</div>
<div class="panel">
<p id="state" role="status"></p>
<ul class="problems" id="problems" aria-label="Problems"></ul>
<div><button type="button" id="plan" aria-describedby="of-plan">Dry run</button><p class="note" id="of-plan">Lists the stages that would run, and looks at models and texts. Writes nothing.</p></div>
<div><button type="button" id="estimate" aria-describedby="of-estimate">Estimate time and memory</button><p class="note" id="of-estimate">Measures on this machine for about a minute.</p></div>
<div><button class="primary" id="start" aria-describedby="of-start">Start</button><p class="note" id="of-start">In a process of its own, which goes on when this page is closed.</p></div>
<button type="button" id="cancel" hidden>Cancel</button>
<p class="message" id="refusal" role="alert"></p>
</div>
</form>
<div id="planned" aria-live="polite"></div>`,
  });
}
