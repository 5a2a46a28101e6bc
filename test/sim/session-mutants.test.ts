// Negative controls: each plants one bug around the session host and must be caught by the checkers within 400 seeds.
import { expect, test } from 'vitest';
import type { SessionWrite } from '../../src/core/session/session-events.ts';
import type { LoggedMessage } from '../../src/core/session/session-state.ts';
import type { SessionPorts } from '../../src/hosts/session-ports.ts';
import { runSessionScenario } from '../../src/sim/session-scenario.ts';
import type { SessionScenarioOptions } from '../../src/sim/session-scenario.ts';

/** Whether a checker, or a constraint of the rows, says the expected words. */
async function isCaught(options: SessionScenarioOptions, words: RegExp): Promise<boolean> {
  for (let seed = 1; seed <= 400; seed += 1) {
    try {
      const { violations } = await runSessionScenario(seed, options);
      if (violations.some((violation) => words.test(violation))) return true;
    } catch (cause) {
      if (words.test(String(cause))) return true;
    }
  }
  return false;
}

/** Between the host and its rows. */
function withCommit(
  commit: (writes: readonly SessionWrite[], ports: SessionPorts) => void,
): SessionScenarioOptions {
  return {
    sabotage: (ports) => ({
      ...ports,
      store: { ...ports.store, commit: (writes) => commit(writes, ports) },
    }),
  };
}

/** Rows that a life holds back and loses with it. */
function holdBack(isHeld: (write: SessionWrite) => boolean): SessionScenarioOptions {
  return {
    sabotage: (ports) => {
      let held: SessionWrite[] = [];
      const commit = (writes: readonly SessionWrite[]): void => {
        const before = held;
        held = writes.filter(isHeld);
        const now = [...before, ...writes.filter((write) => !isHeld(write))];
        if (now.length > 0) ports.store.commit(now);
      };
      return { ...ports, store: { ...ports.store, commit } };
    },
  };
}

test('an acknowledgement before the write is caught', async () => {
  expect(
    await isCaught(
      holdBack((write) => write.kind === 'message'),
      /acknowledged, not stored|S1/,
    ),
  ).toBe(true);
});

test('a wait between the key check and the insert is caught', async () => {
  expect(await isCaught({ clients: { awaitsAfterKeyCheck: true } }, /times in the log|two answers/)).toBe(
    true,
  );
});

test('a place in the stream that is taken from the clock is caught', async () => {
  const stamp = (write: SessionWrite, nowMs: number): SessionWrite =>
    write.kind === 'event' ? { ...write, event: { ...write.event, seq: nowMs + write.event.seq } } : write;
  const found = await isCaught(
    withCommit((writes, ports) => ports.store.commit(writes.map((write) => stamp(write, ports.now())))),
    /S1|not durable|got/,
  );
  expect(found).toBe(true);
});

test('text that is shown before it is committed is caught', async () => {
  const isText = (write: SessionWrite): boolean => write.kind === 'event' && write.event.fact.kind === 'text';
  expect(await isCaught(holdBack(isText), /seen, not durable/)).toBe(true);
});

test('a run that goes on after what was said instead of after what was committed is caught', async () => {
  const said = new Map<string, number>();
  const found = await isCaught(
    {
      sabotage: (ports) => ({
        ...ports,
        runTurn: (ask, onText) => {
          const name = `${ask.turn} ${ask.attempt}`;
          const chars = Math.max(ask.resume?.chars ?? 0, said.get(name) ?? 0);
          const resume = ask.resume === null ? null : { ...ask.resume, chars };
          if (ask.resume === null) said.set(name, 0);
          return ports.runTurn({ ...ask, resume }, (text) => {
            said.set(name, (said.get(name) ?? 0) + text.length);
            return onText(text);
          });
        },
      }),
    },
    /an honest answer/,
  );
  expect(found).toBe(true);
});

test('a client that goes on after what was sent to it instead of after what it got is caught', async () => {
  expect(await isCaught({ followers: { resumesAtSent: true } }, /a follower (got|stays)/)).toBe(true);
});

test('a socket whose place is kept ahead of what it was sent is caught', async () => {
  expect(await isCaught({ followers: { keepsAhead: true } }, /a socket got|a follower stays/)).toBe(true);
});

test('two turns at once are caught', async () => {
  const found = await isCaught(
    {
      sabotage: (ports) => ({
        ...ports,
        store: {
          ...ports.store,
          load: () => {
            const state = ports.store.load();
            return state === null ? null : { ...state, running: null };
          },
        },
      }),
    },
    /S2/,
  );
  expect(found).toBe(true);
});

test('a queue that dies with the object is caught', async () => {
  const found = await isCaught(
    {
      sabotage: (ports) => ({
        ...ports,
        store: {
          ...ports.store,
          load: () => {
            const state = ports.store.load();
            return state === null ? null : { ...state, waiting: [] };
          },
        },
      }),
    },
    /S9|never answered|never at rest/,
  );
  expect(found).toBe(true);
});

test('a cancel that is told and not written is caught', async () => {
  const isCancel = (write: SessionWrite): boolean =>
    (write.kind === 'turn' && write.turn.status.kind === 'cancelled') ||
    (write.kind === 'event' && write.event.fact.kind === 'cancelled');
  expect(await isCaught(holdBack(isCancel), /cancelled t\d+ is|S\d|not durable|got/)).toBe(true);
});

test('an answer whose turn and message are written apart is caught', async () => {
  const isHalf = (write: SessionWrite): boolean =>
    write.kind === 'turn' && write.turn.status.kind === 'completed';
  expect(await isCaught(holdBack(isHalf), /S2|S4|S7|two answers|a place for/)).toBe(true);
});

test('an alarm that is set and lost is caught as a turn that nobody ends', async () => {
  const found = await isCaught(
    { sabotage: (ports) => ({ ...ports, setWake: () => undefined }) },
    /never at rest|never answered/,
  );
  expect(found).toBe(true);
});

test('a command to a run that is given once and forgotten is caught as an orphan', async () => {
  const found = await isCaught(
    {
      sabotage: (ports) => ({
        ...ports,
        cancelRun: async (stop) => {
          await ports.cancelRun(stop).catch(() => {});
        },
      }),
    },
    /orphan/,
  );
  expect(found).toBe(true);
});

test('reads from a stale copy are caught by the checker of append logs', async () => {
  const found = await isCaught(
    {
      sabotage: (ports) => {
        let copy: readonly LoggedMessage[] | null = null;
        const messagesAfter = (seq: number): readonly LoggedMessage[] => {
          const rows = [...ports.store.messagesAfter(0)];
          copy = copy === null || rows.length > copy.length + 4 ? rows : copy;
          return copy.filter((row) => row.seq > seq);
        };
        return { ...ports, store: { ...ports.store, messagesAfter } };
      },
    },
    /RC-03\(c\)/,
  );
  expect(found).toBe(true);
});
