// A recorded history of operations on append logs: one line of JSON per operation, as clients saw them. Owns the format; what is wrong
// with a history says check-append-log.ts. Pure.
import { z } from 'zod';
import { err, ok } from '../base/result.ts';
import type { Result } from '../base/result.ts';

const seq = z.int().min(0);

const entry = z.strictObject({
  /** From 1. */
  seq: z.int().min(1),
  /** Unique in its log. */
  id: z.string().min(1),
});

const common = {
  client: z.union([z.string(), z.number()]),
  log: z.string().min(1),
  invokeMs: z.number(),
  /** Null when no answer ever came. */
  returnMs: z.number().nullable(),
  /** `fail` = certainly without effect; `info` = nobody knows. */
  outcome: z.enum(['ok', 'fail', 'info']),
};

const historyOp = z.discriminatedUnion('op', [
  z.strictObject({
    ...common,
    op: z.literal('append'),
    args: z.strictObject({
      /** What it may append, in this order: a question, then its answer. */
      ids: z.array(z.string().min(1)).min(1),
      /** Append-if: the log's last seq that it asks for. */
      expectedSeq: seq.optional(),
    }),
    result: z
      .strictObject({
        /** Of an `ok`: where its entries stand. */
        entries: z.array(entry).optional(),
        /** Of a refused append-if: where the log ended. */
        tailSeq: seq.optional(),
      })
      .optional(),
  }),
  z.strictObject({
    ...common,
    op: z.literal('read'),
    args: z.strictObject({ afterSeq: seq }),
    result: z.strictObject({ entries: z.array(entry), hasMore: z.boolean() }).optional(),
  }),
  z.strictObject({
    ...common,
    op: z.literal('fork'),
    args: z.strictObject({ afterSeq: seq, into: z.string().min(1) }),
  }),
]);

export type HistoryOp = z.infer<typeof historyOp>;

/** Reads lines of JSON; the error names the first line that is none. */
export function parseHistory(text: string): Result<readonly HistoryOp[], string> {
  const ops: HistoryOp[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return err(`line ${at + 1} is no JSON`);
    }
    const read = historyOp.safeParse(json);
    if (!read.success) {
      const issue = read.error.issues[0];
      return err(`line ${at + 1}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
    }
    ops.push(read.data);
  }
  return ok(ops);
}
