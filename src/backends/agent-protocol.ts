// The agent's HTTP protocol, shared by the agent (server) and the Worker's backend `agent` (client), so that the two cannot
// drift apart. gpu-workers/CONTRACT.md describes it in prose.
import { z } from 'zod';

export const replicaIdPattern = /^[a-z0-9-]{1,64}$/;

export const startBody = z.object({
  generation: z.int().min(1),
  pool: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  waitMs: z.int().min(0).max(60_000),
});

export const commandBody = z.object({ generation: z.int().min(1) });

/** A plan ends within minutes; whoever asks for longer has mistaken the unit. */
const holdMsMax = 3_600_000;

export const holdBody = z.object({
  pool: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  order: z.int().min(0),
  containers: z.int().min(0).max(1_000),
  forMs: z.int().min(0).max(holdMsMax),
});

export const replicaReport = z.object({
  id: z.string(),
  generation: z.number(),
  pool: z.string(),
  version: z.string(),
  condition: z.enum(['loading', 'ready', 'draining', 'parked', 'waking', 'failed']),
  endpoint: z.string().nullable(),
  spawnMs: z.number().nullable(),
  loadMs: z.number().nullable(),
  readyMs: z.number().nullable(),
  wakeMs: z.number().nullable(),
  pid: z.number().nullable(),
  reason: z.string().nullable(),
  load: z.object({ running: z.number(), waiting: z.number(), cacheShare: z.number().nullable() }).nullish(),
});

export const listReply = z.object({ replicas: z.array(replicaReport) });

export const capacityReply = z.object({ replicasMax: z.number(), replicas: z.number() });

/** Error body of the agent: `code` is a `BackendError` kind. */
export const errorReply = z.object({
  error: z.object({
    code: z.enum([
      'no-capacity',
      'quota',
      'cannot-start',
      'busy',
      'unsupported',
      'stale-generation',
      'not-found',
      'unauthorized',
      'invalid',
      'timeout',
      // The provider behind the agent is away, or said what nobody understands.
      'unreachable',
      'bad-reply',
    ]),
    message: z.string(),
    retryAfterMs: z.number().optional(),
    knownGeneration: z.number().optional(),
  }),
});
