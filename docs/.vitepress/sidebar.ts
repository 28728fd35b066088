/** The pages in reading order. */
const page = (text: string, link: string) => ({ text, link });

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
    text: "Reference",
    items: [
      page("Models and data", "/models-and-data"),
      page("Model families", "/models"),
      page("A pair of your own", "/own-pair"),
      page("A reward of your own", "/own-reward"),
      page("Autoencoders", "/autoencoders"),
      page("Language model as explainer", "/llm-explainer"),
      page("Where the reward sits", "/carry"),
      page("The live view", "/live-view"),
      page("Exports", "/exports"),
      page("Reliability", "/reliability"),
    ],
  },
  {
    text: "Evidence",
    items: [
      page("The paper, item by item", "/paper"),
      page("Validation on known truth", "/validation"),
      page("Tuning that seeds agree on", "/tuning"),
      page("Findings on real reviews", "/findings"),
      page("Dictionaries by training", "/dictionaries"),
      page("Learning compared with TRL", "/learning"),
    ],
  },
];
