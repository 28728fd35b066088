/** All commands: name, one line of help, and where the rest is loaded from when the command is used. */
import type { Command } from "./command.js";

export interface CommandEntry {
  name: string;
  summary: string;
  load(): Promise<{ command: Command }>;
}

function stage(name: string, summary: string): CommandEntry {
  const load = async () => ({ command: (await import("./commands/stage.js")).stageCommand(name) });
  return { name, summary, load };
}

export const commandTable: readonly CommandEntry[] = [
  { name: "run", summary: "run all stages into a run folder", load: () => import("./commands/run.js") },
  {
    name: "view",
    summary: "reports, progress and a playground in the browser",
    load: () => import("./commands/view.js"),
  },
  { name: "presets", summary: "list the presets, or print one", load: () => import("./commands/presets.js") },
  { name: "sample", summary: "text from a model", load: () => import("./commands/sample.js") },
  { name: "reward", summary: "the reward of a text, word by word", load: () => import("./commands/reward.js") },
  { name: "pretrain", summary: "train a model from scratch", load: () => import("./commands/pretrain.js") },
  {
    name: "verify-model",
    summary: "what a model folder holds, and whether it works",
    load: () => import("./commands/verify-model.js"),
  },
  { name: "check-paper", summary: "recompute what the paper prints", load: () => import("./commands/check-paper.js") },
  { name: "doctor", summary: "what this machine offers", load: () => import("./commands/doctor.js") },
  stage("tune", "stage: tune the model on the reward"),
  stage("evaluate", "stage: reward of both models on held-out prefixes"),
  stage("divergence", "stage: how far each layer moved"),
  stage("dictionaries", "stage: train the sparse autoencoders"),
  stage("studies", "stage: how autoencoders turn out when trained otherwise (Appendix J)"),
  stage("match", "stage: match features of small and large dictionaries"),
  stage("explain", "stage: explain the best matched features"),
  stage("classify", "stage: which features are about the reward"),
  stage("score", "stage: how well explanations predict where features fire"),
  stage("triples", "stage: build contrastive texts"),
  stage("probe", "stage: fit the linear reward model and rebuild the lexicon"),
  stage("implicit-reward", "stage: log-ratios of the two models, which need no autoencoder"),
  stage("ablate", "stage: reward without the features about the reward"),
  stage("frequency", "stage: how often features fire where reward is high"),
  {
    name: "report",
    summary: "stage: write the report; of several runs, what they have in common",
    load: () => import("./commands/report.js"),
  },
];
