/** The pages in reading order. */
const page = (text: string, link: string) => ({ text, link });

/** Stages in the order in which a run makes them; `audit` and `preferences` belong to the command `audit`. */
const stages = [
  ...["tune", "evaluate", "divergence", "dictionaries", "studies", "match", "explain", "classify", "score"],
  ...["triples", "probe", "implicit-reward", "carry", "ablate", "frequency", "report", "audit", "preferences"],
];

/** Entry points of the package; their pages are made of the docstrings (`api-pages.ts`). */
const entryPoints = [
  ...["rewardscope", "model", "text", "reward", "rlhf", "sae"],
  ...["stats", "compare", "interpret", "pipeline", "report", "engine"],
];

export const sidebar = [
  {
    text: "Begin",
    items: [
      page("Start in two minutes", "/start"),
      page("The method in pictures", "/method"),
      page("Glossary", "/glossary"),
      page("Troubleshooting", "/troubleshooting"),
    ],
  },
  {
    text: "Questions",
    items: [
      page("Reward or proxy?", "/questions/reward-or-proxy"),
      page("Where does it sit?", "/questions/where"),
      page("Which words did it learn?", "/questions/which-words"),
      page("Can I believe it?", "/questions/can-i-believe-it"),
      page("Why is my KL running away?", "/questions/kl"),
      page("How do I run my own pair?", "/questions/own-pair"),
      page("I know TRL", "/questions/from-trl"),
    ],
  },
  {
    text: "Stages",
    collapsed: true,
    items: [page("All stages", "/stages/"), ...stages.map((stage) => page(stage, `/stages/${stage}`))],
  },
  {
    text: "Reference",
    items: [
      page("How each figure is computed", "/figures"),
      page("All settings", "/api/settings"),
      page("In TypeScript", "/typescript"),
      page("Installation", "/installation"),
      page("Models on a GPU", "/gpu"),
      page("Models and data", "/models-and-data"),
      page("Model families", "/models"),
      page("Audit of a pair", "/own-pair"),
      page("A reward of your own", "/own-reward"),
      page("Autoencoders", "/autoencoders"),
      page("Language model as explainer", "/llm-explainer"),
      page("Where the reward sits", "/carry"),
      page("The live view", "/live-view"),
      page("Tracking", "/tracking"),
      page("Exports", "/exports"),
      page("Reliability", "/reliability"),
    ],
  },
  {
    text: "Programming interface",
    collapsed: true,
    items: [page("All entry points", "/api/"), ...entryPoints.map((name) => page(name, `/api/${name}`))],
  },
  {
    text: "Evidence",
    items: [
      page("The paper, item by item", "/paper"),
      page("Validation on known truth", "/validation"),
      page("Benchmark of methods", "/benchmark"),
      page("Tuning that seeds agree on", "/tuning"),
      page("Findings on real reviews", "/findings"),
      page("Dictionaries by training", "/dictionaries"),
      page("Learning compared with TRL", "/learning"),
      page("Compared with other tools", "/comparison"),
    ],
  },
];
