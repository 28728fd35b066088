/**
 * Tables 8 and 9 of the paper: GPT-4's descriptions of the fifty best matched features of
 * Pythia-70m tuned on the classifier reward of Appendix F, as printed. The base model's fifty were
 * not published.
 */
import type { PublishedDescription } from "./published.js";

/** Layers 1 to 3. */
export const table8: readonly PublishedDescription[] = [
  {
    layer: 1,
    feature: 214,
    explanation:
      "looking for and activating upon the recognition of film titles or references to specific episodes or features within a series or movie.",
  },
  {
    layer: 1,
    feature: 324,
    explanation:
      "looking for the initial parts of movie or book reviews or discussions, possibly activating on the mention of titles and initial opinions.",
  },
  {
    layer: 1,
    feature: 433,
    explanation: "identifying and responding to language related to film and movie reviews or discussions.",
  },
  { layer: 1, feature: 363, explanation: "looking for mentions of movies or TV series titles in a review or comment." },
  { layer: 1, feature: 208, explanation: "activating for titles of books, movies, or series." },
  {
    layer: 1,
    feature: 273,
    explanation:
      "looking for occurrences of partial or complete words that may be related to a person’s name or title, particularly ‘Steven Seag’al.",
  },
  {
    layer: 1,
    feature: 428,
    explanation:
      "looking for unconventional, unexpected, or unusual elements in the text, possibly related to film or television content.",
  },
  { layer: 1, feature: 85, explanation: "looking for negative sentiments or criticisms in the text." },
  {
    layer: 1,
    feature: 293,
    explanation: "detecting instances where the short document discusses or refers to a film or a movie.",
  },
  {
    layer: 1,
    feature: 131,
    explanation:
      "’The feature 131 of the autoencoder seems to be activating for hyphenated or broken-up words or sequences within the text data.",
  },
  {
    layer: 2,
    feature: 99,
    explanation: "activating for hyphenated or broken-up words or sequences within the text data.",
  },
  {
    layer: 2,
    feature: 39,
    explanation:
      "recognizing and activating for named entities, particularly proper names of people and titles in the text.",
  },
  { layer: 2, feature: 506, explanation: "looking for expressions related to movie reviews or comments about movies." },
  {
    layer: 2,
    feature: 377,
    explanation:
      "looking for noun phrases or entities in the text as it seems to activate for proper nouns, abstract concepts, and possibly structured data.",
  },
  {
    layer: 2,
    feature: 62,
    explanation:
      "looking for instances where names of people or characters, potentially those related to films or novels, are mentioned in the text.",
  },
  {
    layer: 2,
    feature: 428,
    explanation: "looking for instances of movie or TV show titles and possibly related commentary or reviews.",
  },
  {
    layer: 2,
    feature: 433,
    explanation:
      "identifying the start of sentences or distinct phrases, as all the examples feature a non-zero activation at the beginning of the sentences.",
  },
  { layer: 2, feature: 148, explanation: "identifying and activating for film-related content and reviews." },
  {
    layer: 2,
    feature: 406,
    explanation:
      "looking for broken or incomplete words in the text, often indicated by a space or special character appearing within the word.",
  },
  { layer: 2, feature: 37, explanation: "activating on patterns related to names or titles." },
  {
    layer: 3,
    feature: 430,
    explanation:
      "detecting the traces of broken or disrupted words and phrases, possibly indicating a censoring mechanism or unreliable text data.",
  },
  {
    layer: 3,
    feature: 218,
    explanation:
      "activating for movie references or discussion of films, as evident from the sentences related to movies and cinema.",
  },
  {
    layer: 3,
    feature: 248,
    explanation:
      'identifying expressions of disgust, surprise or extreme reactions in the text, often starting with "U" followed by disconnected letters or sounds.',
  },
  {
    layer: 3,
    feature: 87,
    explanation: "detecting the mentions of movies, films or related entertainment content within a text.",
  },
  {
    layer: 3,
    feature: 454,
    explanation:
      "looking for general commentary or personal observations on various topics, particularly those relating to movies, locations, or personal attributes.",
  },
  {
    layer: 3,
    feature: 46,
    explanation: "detecting strings of text that refer to literary works or sentiments associated with them.",
  },
  {
    layer: 3,
    feature: 232,
    explanation:
      "identifying and focusing on parts of a document that discuss film direction or express a positive critique of a film.",
  },
  { layer: 3, feature: 6, explanation: "looking for character or movie names in the text." },
  { layer: 3, feature: 257, explanation: "identifying the introduction of movies, actors, or related events." },
  {
    layer: 3,
    feature: 23,
    explanation: "looking for the beginning of sentences, statements, or points in a document.",
  },
];

/** Layers 4 and 5. */
export const table9: readonly PublishedDescription[] = [
  { layer: 4, feature: 43, explanation: "looking for expressions of negative sentiment or criticism in the document." },
  { layer: 4, feature: 261, explanation: "looking for opinions or sentiments about movies in the text." },
  {
    layer: 4,
    feature: 25,
    explanation:
      "looking for the starting elements or introduction parts in the text, as all activations are seen around the beginning sentences of the documents.",
  },
  {
    layer: 4,
    feature: 104,
    explanation: "activating on expressions of strong opinion or emotion towards movies or media content.",
  },
  {
    layer: 4,
    feature: 38,
    explanation: "identifying statements of opinion or personal judgment about a movie or film.",
  },
  {
    layer: 4,
    feature: 367,
    explanation:
      "identifying the expression of personal opinions or subjective statements about a certain topic, most likely related to movies or film reviews.",
  },
  { layer: 4, feature: 263, explanation: "activating for statements or reviews about movies or film-related content." },
  {
    layer: 4,
    feature: 278,
    explanation:
      "activating for movie or TV show reviews or discussions, particularly in the genres of horror and science fiction.",
  },
  { layer: 4, feature: 421, explanation: "identifying personal reactions or subjective statements about movies." },
  {
    layer: 4,
    feature: 49,
    explanation: "detecting phrases or sequences related to storytelling, movies, or cinematic narratives.",
  },
  {
    layer: 5,
    feature: 59,
    explanation: "looking for parts of text that have names or titles, possibly related to movies or literary works.",
  },
  {
    layer: 5,
    feature: 76,
    explanation: "focusing on tokens representing unusual or malformed words or parts of words.",
  },
  {
    layer: 5,
    feature: 156,
    explanation:
      "activating for the beginnings of reviews or discussions regarding various forms of media, such as movies, novels or TV episodes.",
  },
  {
    layer: 5,
    feature: 236,
    explanation:
      "identifying critical or negative sentiment within the text, as evidenced by words and expressions associated with negative reviews or warnings.",
  },
  {
    layer: 5,
    feature: 184,
    explanation:
      'detecting and emphasizing on named entities or proper nouns in the text like "Mexican", "Texas", "Michael Jackson", etc.',
  },
  { layer: 5, feature: 477, explanation: "looking for reviews or comments discussing movies or series." },
  {
    layer: 5,
    feature: 284,
    explanation: "identifying the inclusion of opinions or reviews about a movie or an entity.",
  },
  {
    layer: 5,
    feature: 454,
    explanation: "recognizing and activating for occurrences of names of films, plays, or shows in a text.",
  },
  {
    layer: 5,
    feature: 225,
    explanation:
      "looking for phrases or sentences that indicate direction or attribution, especially related to film direction or character introduction in films.",
  },
  {
    layer: 5,
    feature: 6,
    explanation:
      "identifying examples where historical moments, film viewings or individual accomplishments are discussed.",
  },
];
