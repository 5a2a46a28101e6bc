// Records of decisions: page by page they are whole, they stop at their bound, and being watched changes nothing.
import { expect, test } from 'vitest';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { PlannerBrain } from '../../../src/core/warming/planner-brain.ts';
import { PoolRecorder, poolNotesMax, poolPageMax } from '../../../src/hosts/pool-recorder.ts';
import { notesMax, pageMax, RecordedBrain } from '../../../src/hosts/recorded-brain.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';

const options = { pools: [], tickMs: 1_000, gpuBudget: null };

test('a record is read page by page to its end', () => {
  const brain = new RecordedBrain(options);
  for (let tick = 0; tick < pageMax + 3; tick += 1) brain.tick(1_000 * tick);
  const first = brain.recording(0);
  expect(first).toMatchObject({ next: pageMax, lost: 0, options });
  expect(first.notes).toHaveLength(pageMax);
  const last = brain.recording(pageMax);
  expect(last.next).toBeNull();
  expect(last.notes.map((note) => note.kind === 'tick' && note.nowMs)).toEqual(
    [0, 1, 2].map((at) => (pageMax + at) * 1_000),
  );
});

test('the first calls are kept, what comes after the bound is counted', () => {
  const brain = new RecordedBrain(options);
  for (let tick = 0; tick < notesMax + 5; tick += 1) brain.plan('nobody', tick);
  expect(brain.recording(notesMax)).toMatchObject({ notes: [], next: null, lost: 5 });
  const recorder = new PoolRecorder({ pool: 'p' } as PoolSettings, {
    nowMs: 0,
    ledger: emptyLedger,
    replicas: [],
  });
  for (let at = 0; at < poolNotesMax + 2; at += 1)
    recorder.note({ nowMs: at, events: [{ kind: 'woke' }], effects: [] });
  expect(recorder.recording(poolNotesMax - 1)).toMatchObject({ next: null, lost: 2 });
  expect(recorder.recording(0)).toMatchObject({ next: poolPageMax });
});

test('a brain that is watched learns what one that is not learns, and says what it began with', () => {
  const pools = [
    {
      pool: 'p',
      floor: 0,
      replicasMax: 4,
      parking: true,
      hotIdleMs: null,
      parkedIdleMs: null,
      hotMicrosPerSecond: 220,
      parkedMicrosPerSecond: 22,
      waitMicrosPerSecond: 10_000,
      loadGuessMs: 400,
      wakeGuessMs: 40,
    },
  ];
  const [plain, watched] = [
    new PlannerBrain({ ...options, pools }),
    new RecordedBrain({ ...options, pools }),
  ];
  for (const brain of [plain, watched]) {
    brain.tick(10_000);
    brain.tick(11_000);
    brain.plan('p', 11_500);
  }
  expect(watched.snapshot()).toEqual(plain.snapshot());
  const restored = new RecordedBrain({ ...options, pools });
  expect(restored.restore(plain.snapshot())).toBe(true);
  expect(restored.recording(0).learned).toEqual(plain.snapshot());
});
