// Negative controls: each plants one bug between the host and the world and must be caught by the checkers within 200 seeds.
import { expect, test } from 'vitest';
import { runScenario, type ScenarioOptions } from '../../src/sim/pool-scenario.ts';
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

test('a second that was paid ahead of demand for nothing, and is not counted as such, is caught', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    write: (change) => {
      if (change.ledger === null || change.ledger.speculation.wasted === 0) return ports.write(change);
      const speculation = { ...change.ledger.speculation, hotMs: 0, parkedMs: 0 };
      ports.write({ ...change, ledger: { ...change.ledger, speculation } });
    },
  }));
  expect(caught.join('\n')).toMatch(/speculated/);
});

test('a replica brought up for a run and counted as useful when nobody used it is caught', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    write: (change) => {
      if (change.ledger === null) return ports.write(change);
      const { useful, wasted, wastedMs } = change.ledger.prewarms;
      const prewarms = { useful: useful + wasted, wasted: 0, wastedMs };
      ports.write({ ...change, ledger: { ...change.ledger, prewarms } });
    },
  }));
  expect(caught.join('\n')).toMatch(/prewarms/);
});

test('an alarm that is set and lost is caught as a pool that never comes to rest', () => {
  const caught = violationsWith((ports) => ({ ...ports, setAlarm: () => undefined }));
  expect(caught.join('\n')).toMatch(/at rest|orphan|never answered/);
});

/** With bugs between plan or settings and the pool. */
function violationsWhenMisread(misread: ScenarioOptions['misread']): readonly string[] {
  for (let seed = 1; seed <= 200; seed += 1) {
    const { violations } = runScenario(seed, { misread });
    if (violations.length > 0) return violations;
  }
  return [];
}

test('a pool that forgets the shortest window of a plan is caught', () => {
  const caught = violationsWhenMisread({ plan: (plan) => ({ ...plan, hotMinMs: 0 }) });
  expect(caught.join('\n')).toMatch(/put away after/);
});

test('a pool that puts replicas away below its floor is caught', () => {
  const caught = violationsWhenMisread({ settings: (settings) => ({ ...settings, floor: 0 }) });
  expect(caught.join('\n')).toMatch(/below the floor/);
});

test('a list that hides what the backend runs is caught', () => {
  const caught = violationsWith((ports) => ({
    ...ports,
    list: (done) => ports.list(() => done({ ok: true, value: [] })),
  }));
  expect(caught.join('\n')).toMatch(/orphan|double|more processes/);
});
