// The pace of an emulated GPU, from PILOTLIGHT_PACE, and the timetable of one answer that follows from it. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { Pace } from '../../src/core/registry/model.ts';

const msMax = 3_600_000;
/** An answer is written token by token; more would be a slip of the pen. */
const tokensMax = 100_000;

const ms = z.number().min(0).max(msMax).default(0);
const schema = z.object({
  loadMs: ms,
  wakeMs: ms,
  firstTokenMs: ms,
  tokenMs: ms,
  tokens: z.int().min(1).max(tokensMax).default(16),
  answers: z.array(z.object({ when: z.array(z.string()), say: z.string() })).optional(),
}) satisfies z.ZodType<Pace>;

export function parsePace(json: string | undefined): Result<Pace, string> {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '{}');
  } catch {
    return err('PILOTLIGHT_PACE is not JSON');
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(`PILOTLIGHT_PACE: ${z.prettifyError(parsed.error)}`);
}

/** When token `index` is due, counted from the start of the answer: a timetable does not drift as a chain of pauses does. */
export function tokenDueMs(pace: Pace, index: number): number {
  return pace.firstTokenMs + index * pace.tokenMs;
}
