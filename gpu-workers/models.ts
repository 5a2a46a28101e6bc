// The models that this deployment serves. The Worker reads it to route, the agent to launch. To serve another model, add a
// version here, or give the same shape in a JSON file named by PILOTLIGHT_MODELS (see docs/models.md).
import type { Catalogue, ModelVersion } from '../src/core/registry/model.ts';

const base = {
  slots: 4,
  replicasMax: 2,
  floor: 0,
  tier: 'standard',
  // Short on purpose, so that a first look shows a whole life; without them windows follow from prices and demand.
  hotIdleMs: 60_000,
  parkedIdleMs: 120_000,
  loadGuessMs: 500,
  wakeGuessMs: 50,
  startTimeoutMs: 60_000,
  queueMax: 64,
  waitTargetMs: 10_000,
  hotMicrosPerSecond: 220,
  parkedMicrosPerSecond: 22,
} satisfies Partial<ModelVersion>;

const tinyChat = {
  kind: 'llama',
  weights: 'gpu-workers/weights/tiny-chat-q8_0.gguf',
  contextTokens: 384,
} as const;

/** What support-agent and code-review ask: labels, tool calls, answers copied from passages. */
const tinyAgent = {
  kind: 'llama',
  weights: 'gpu-workers/weights/tiny-agent-q8_0.gguf',
  contextTokens: 512,
} as const;

export const catalogue: Catalogue = {
  versions: [
    { ...base, id: 'tiny-chat@1', task: 'chat', launch: tinyChat },
    // The same weights with the whole replica for one request at a time: what a tenant gets that pays for a place of its own.
    { ...base, id: 'tiny-chat-solo@1', task: 'chat', launch: tinyChat, slots: 1, replicasMax: 3 },
    { ...base, id: 'tiny-agent@1', task: 'chat', launch: tinyAgent, tools: true },
    { ...base, id: 'use-lite-embed@1', task: 'embedding', launch: { kind: 'embedder' } },
  ],
  aliases: {
    assistant: 'tiny-chat@1',
    'assistant-solo': 'tiny-chat-solo@1',
    agent: 'tiny-agent@1',
    // What support-agent calls its labels and its tool calls by: small models of their own in production.
    'agent-labels': 'tiny-agent@1',
    'agent-tools': 'tiny-agent@1',
    embed: 'use-lite-embed@1',
  },
};
