// How the stand-in for vLLM misbehaves at sleeping, waking and counting, when it is told to: from its start (PILOTLIGHT_VLLM_FAULTS) or
// from a POST to /control/vllm on. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../../src/core/base/result.ts';

const faults = z.strictObject({
  /** `hang`: never answered; `fail`: 500; `late`: answered at once, done 300 ms later; `never`: answered, and not done. */
  sleep: z.enum(['hang', 'fail', 'late', 'never']).optional(),
  wake: z.enum(['hang', 'fail']).optional(),
  /** Reading the weights again fails. */
  reload: z.enum(['fail']).optional(),
  /** `garbage`: no Prometheus text; `frozen`: the last figures for ever; `absent`: 404; `busy`: a request that gets on with every look. */
  metrics: z.enum(['garbage', 'frozen', 'absent', 'busy']).optional(),
  /** `garbage`: no JSON. */
  isSleeping: z.enum(['garbage']).optional(),
});

export type VllmFaults = z.infer<typeof faults>;

export function parseVllmFaults(value: unknown): Result<VllmFaults, string> {
  const parsed = faults.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}
