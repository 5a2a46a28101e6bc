// Following a log: one who comes back with a position is told the rest, and one who has everything is not kept waiting.
import { expect, test } from 'vitest';
import { followLog, type LogSink } from '../../../src/hosts/follow-log.ts';

const entries = [{ seq: 1 }, { seq: 2 }, { seq: 3 }];

async function follow(afterSeq: number): Promise<readonly string[]> {
  const told: string[] = [];
  const sink: LogSink = {
    write: async (text) => void told.push(text),
    close: async () => void told.push('closed'),
    abort: () => void told.push('aborted'),
  };
  const log = {
    read: (seq: number) => entries.filter((entry) => entry.seq > seq),
    changed: () => new Promise<void>(() => undefined),
    render: ({ seq }: { readonly seq: number }) => `${seq} `,
    isLast: ({ seq }: { readonly seq: number }) => seq === 3,
    farewell: () => 'done',
    setTimer: () => () => undefined,
  };
  await followLog(log, sink, { afterSeq, keepAliveMs: 5_000 });
  return told;
}

test('a follower is told what comes after its position, and the stream ends behind the last entry', async () => {
  expect(await follow(1)).toEqual(['2 3 ', 'closed']);
});

test('a follower who has the whole log of something that has ended is let go', async () => {
  expect(await follow(3)).toEqual(['done', 'closed']);
});
