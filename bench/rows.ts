/** What is timed, against what, and what we aim at. */

/** Pythia-70m's config.json as far as it says anything of sizes; the weights are random. */
export const pythiaShape = {
  model_type: "gpt_neox",
  vocab_size: 50304,
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  max_position_embeddings: 2048,
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  rotary_pct: 0.25,
  rotary_emb_base: 10000,
  use_parallel_residual: true,
  tie_word_embeddings: false,
};

interface Peer {
  name: string;
  script: string;
  /** `ours`: a file of bench/work, for work of ours that is held against other work of ours. */
  venv: "python" | "trl" | "ours";
  args?: string[];
}

export interface Row {
  id: string;
  title: string;
  work: string;
  arguments?: string[];
  peers: Peer[];
  /** Floating-point operations of its matrix products with weights, in 10^9; what padding adds does not count. */
  gflop?: number;
  target: string;
}

/** Operations of a pass per token: the blocks, and the unembedding. */
const block = 2 * 6 * 12 * 512 ** 2;
const head = 2 * 512 * 50304;
/** Mean lengths: queries of 2-10 and responses of 8-20 tokens. */
const [query, response] = [6, 14];

export const rows: Row[] = [
  {
    id: "ppo",
    title: "one PPO batch of 64",
    work: "ppo",
    peers: [
      { name: "TRL 0.7.7, one prompt at a time", script: "ppo.py", venv: "trl", args: ["single"] },
      { name: "TRL 0.7.7, batched generation", script: "ppo.py", venv: "trl", args: ["batched"] },
    ],
    // Sampling, both evaluations, and four epochs forward and backward.
    gflop:
      (64 *
        ((query + response) * block + response * head + (2 + 3 * 4) * ((query + response) * block + response * head))) /
      1e9,
    target: "3.5x, 2.5x",
  },
  {
    id: "minibatch",
    title: "forward + backward of one minibatch",
    work: "minibatch",
    peers: [{ name: "the same products, bare", script: "products.ts", venv: "ours" }],
    gflop: (16 * 3 * ((query + response) * block + response * head)) / 1e9,
    target: "within 1.15x (0.87)",
  },
  // A share of standard normal codes is below minus the bias.
  ...[
    { zero: "half", bias: "0", target: "1x of eager" },
    { zero: "95%", bias: "-1.645", target: "2x" },
    { zero: "98%", bias: "-2.054", target: "3x" },
  ].map(
    ({ zero, bias, target }): Row => ({
      id: `autoencoder-${zero}`,
      title: `autoencoder step, 8192 tokens, ${zero} of the codes zero`,
      work: "autoencoder",
      arguments: [bias],
      peers: [
        { name: "PyTorch, eager", script: "autoencoder.py", venv: "python", args: ["eager"] },
        { name: "PyTorch, compiled", script: "autoencoder.py", venv: "python", args: ["compiled"] },
      ],
      // Codes, reconstruction, and three gradients.
      gflop: (5 * 2 * 8192 * 512 * (512 + 1024)) / 1e9,
      target,
    }),
  ),
  {
    id: "activations",
    title: "MLP outputs of 128 texts of 16-256 tokens, 5 of 6 layers",
    work: "activations",
    peers: [{ name: "transformers, batches of 32 by length", script: "activations.py", venv: "python" }],
    // Five blocks and a bit; the sixth is not run.
    gflop: (128 * 136 * ((5 / 6) * block)) / 1e9,
    target: "1.5x",
  },
  {
    id: "sampling",
    title: "sampling 64 x 20 tokens",
    work: "sampling",
    peers: [{ name: "transformers generate, batched", script: "sampling.py", venv: "python" }],
    gflop: (64 * ((query + 20) * block + 20 * head)) / 1e9,
    target: "2.5x",
  },
  { id: "help", title: "rewardscope --help", work: "help", peers: [], target: "0.1 s" },
];
