// Negative controls: each plants one bug between the host and the world and must be caught by the checkers within 200 seeds.
import { expect, test } from 'vitest';
import { runScenario } from '../../src/sim/pool-scenario.ts';
import type { PoolPorts, PoolWrite } from '../../src/hosts/pool-host.ts';

function violationsWith(sabotage: (ports: PoolPorts) => PoolPorts): readonly string[] {
  for (let seed = 1; seed <= 200; seed += 1) {
    const { violations } = runScenario(seed, { sabotage });
    if (violations.length > 0) return violations;
  }
  return [];
}

test('a start that is sent before its row is written is caught', () => {
  const caught = violationsWith((ports) => {
    const held: PoolWrite[] = [];
    return {
      ...ports,
      write: (change) => void held.push(change),
      command: (ref, done) => {
        ports.command(ref, done);
        for (const change of held.splice(0)) ports.write(change);
      },
    };
  });
  expect(caught.join('\n')).toMatch(/start before row/);
});

test('a stop that is believed before the process is gone is caught as an orphan', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    command: (ref, done) => {
      if (ref.command === 'stop') ports.list(() => done({ ok: true, value: null }));
      else ports.command(ref, done);
    },
  }));
  expect(caught.join('\n')).toMatch(/orphan|more processes/);
});

test('a second that is charged twice is caught', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    write: (change) => {
      const life = change.ledger?.past.life;
      if (change.ledger === null || life === undefined || life.parkedMs === 0) return ports.write(change);
      const past = { ...change.ledger.past, life: { ...life, parkedMs: life.parkedMs + 1 } };
      ports.write({ ...change, ledger: { ...change.ledger, past } });
    },
  }));
  expect(caught.join('\n')).toMatch(/charged/);
});

test('an alarm that is set and lost is caught as a pool that never comes to rest', () => {
  const caught = violationsWith((ports) => ({ ...ports, setAlarm: () => undefined }));
  expect(caught.join('\n')).toMatch(/at rest|orphan|never answered/);
});

test('a list that hides what the backend runs is caught', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    list: (done) => ports.list(() => done({ ok: true, value: [] })),
  }));
  expect(caught.join('\n')).toMatch(/orphan|double|more processes/);
});
