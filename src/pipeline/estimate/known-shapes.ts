/** config.json of the models of presets, so that a run can be estimated before any download. */

const neox = {
  model_type: "gpt_neox",
  vocab_size: 50304,
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  rotary_pct: 0.25,
  rotary_emb_base: 10000,
  use_parallel_residual: true,
  tie_word_embeddings: false,
  initializer_range: 0.02,
};

const pythia = (hidden: number, layers: number, heads: number) => ({
  ...neox,
  hidden_size: hidden,
  intermediate_size: 4 * hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
});

const gpt2Imdb = {
  model_type: "gpt2",
  vocab_size: 50257,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  n_positions: 1024,
  activation_function: "gelu_new",
};

/** By the id on the Hub. */
export const knownShapes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "EleutherAI/pythia-70m": pythia(512, 6, 8),
  "EleutherAI/pythia-160m": pythia(768, 12, 12),
  "EleutherAI/gpt-neo-125m": {
    model_type: "gpt_neo",
    vocab_size: 50257,
    hidden_size: 768,
    num_layers: 12,
    num_heads: 12,
    intermediate_size: null,
    attention_types: [[["global", "local"], 6]],
    window_size: 256,
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-5,
    max_position_embeddings: 2048,
    initializer_range: 0.02,
  },
  "lvwerra/gpt2-imdb": gpt2Imdb,
  "lvwerra/gpt2-imdb-pos-v2": gpt2Imdb,
  "lvwerra/distilbert-imdb": {
    model_type: "distilbert",
    vocab_size: 30522,
    dim: 768,
    hidden_dim: 3072,
    n_layers: 6,
    n_heads: 12,
    max_position_embeddings: 512,
    activation: "gelu",
  },
};
