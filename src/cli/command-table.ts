/** All commands: name, one line of help, and the file that is loaded when the command is used. */
import type { CommandEntry } from "./command.js";

function stage(name: string, summary: string): CommandEntry {
  const load = async () => ({ command: (await import("./commands/stage.js")).stageCommand(name) });
  return { name, summary, load };
}

export const commandTable: readonly CommandEntry[] = [
  { name: "run", summary: "run all stages and write a run folder", load: () => import("./commands/run.js") },
  {
    name: "audit",
    summary: "show what tuning changed in a pair of models, without a reward",
    load: () => import("./commands/audit.js"),
  },
  {
    name: "view",
    summary: "show reports, progress and a playground in the browser",
    load: () => import("./commands/view.js"),
  },
  {
    name: "benchmark",
    summary: "tune models on rewards that are known, and compare methods that look for them",
    load: () => import("./commands/benchmark.js"),
  },
  {
    name: "presets",
    summary: "list the presets, or print one as a configuration file",
    load: () => import("./commands/presets.js"),
  },
  {
    name: "init",
    summary: "write a configuration file with a comment above every setting",
    load: () => import("./commands/init.js"),
  },
  {
    name: "schema",
    summary: "print the JSON Schema of configuration files, for editors",
    load: () => import("./commands/schema.js"),
  },
  {
    name: "export",
    summary: "write a run in the formats of other tools",
    load: () => import("./commands/export.js"),
  },
  {
    name: "push",
    summary: "upload the tuned model, the dictionaries or the tables to the Hub",
    load: () => import("./commands/push.js"),
  },
  { name: "sample", summary: "sample text from a model", load: () => import("./commands/sample.js") },
  { name: "reward", summary: "print the reward of a text, word by word", load: () => import("./commands/reward.js") },
  {
    name: "pretrain",
    summary: "train a small language model from scratch",
    load: () => import("./commands/pretrain.js"),
  },
  {
    name: "verify-model",
    summary: "list the content of a model folder and test the model",
    load: () => import("./commands/verify-model.js"),
  },
  {
    name: "check-paper",
    summary: "recompute the paper's printed numbers",
    load: () => import("./commands/check-paper.js"),
  },
  {
    name: "doctor",
    summary: "show the machine, the engine and their speed",
    load: () => import("./commands/doctor.js"),
  },
  {
    name: "completion",
    summary: "print a script for completion in bash, zsh or fish",
    load: () => import("./commands/completion.js"),
  },
  stage("tune", "stage: tune the model on the reward"),
  stage("evaluate", "stage: measure the reward of both models on held-out prompts"),
  stage("divergence", "stage: measure how much tuning changed each layer, and choose layers"),
  stage("dictionaries", "stage: train sparse autoencoders on both models"),
  stage("studies", "stage: train autoencoders with other settings and compare them (Appendix J)"),
  stage("match", "stage: match the features of small and large dictionaries"),
  stage("explain", "stage: explain the best matched features"),
  stage("classify", "stage: label the features that are related to the reward"),
  stage("score", "stage: measure how well explanations predict activations"),
  stage("triples", "stage: build contrastive triples of texts"),
  stage("probe", "stage: fit the linear reward model and rebuild the lexicon"),
  stage("implicit-reward", "stage: compute implicit rewards, log-ratios of tuned and base model"),
  {
    name: "carry",
    summary: "stage: locate what tuning changed: weights, doses, and parts put into the other model",
    load: () => import("./commands/carry.js"),
  },
  stage("ablate", "stage: measure the reward without the labelled features"),
  stage("frequency", "stage: measure how often features are active where the reward is high"),
  {
    name: "report",
    summary: "stage: write the report of a run, or the common page of several runs",
    load: () => import("./commands/report.js"),
  },
];
