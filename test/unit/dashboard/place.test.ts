import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfHash, titleOf } from '../../../src/dashboard/place.ts';
import { linkToPool } from '../../../src/dashboard/pool-link.ts';
import { childOf, linkToRun, linkToRuns, runOfHash } from '../../../src/dashboard/run-link.ts';

const someId = fc.stringMatching(/^run_[0-9a-f]{32}(\.\d{1,4}){0,4}$/);

describe('addresses within the page', () => {
  test('every run has an address that leads to it', () => {
    fc.assert(
      fc.property(someId, (run) => {
        expect(placeOfHash(linkToRun(run))).toEqual({ kind: 'run', run });
      }),
    );
  });

  test('so has every run that another has called', () => {
    const run = childOf(childOf('run_0f', 3), 0);
    expect(placeOfHash(linkToRun(run))).toEqual({ kind: 'run', run: 'run_0f.3.0' });
  });

  test('pools, one pool, runs and one run are told apart, and each has its title', () => {
    const places = ['', linkToPool('tiny-chat@1~local'), linkToRuns, linkToRun('run_1')].map(placeOfHash);
    expect(places).toEqual([
      { kind: 'pools' },
      { kind: 'pool', pool: 'tiny-chat@1~local' },
      { kind: 'runs' },
      { kind: 'run', run: 'run_1' },
    ]);
    expect(places.map(titleOf)).toEqual([
      'Pilotlight',
      'tiny-chat@1~local · Pilotlight',
      'Runs · Pilotlight',
      'run_1 · Pilotlight',
    ]);
  });

  test.each(['#run/', '#run/a/../b', '#run/a?x=1', '#run/%2e', '#runs/1', '#anything'])(
    'what is no address leads to the pools: %s',
    (hash) => {
      expect(runOfHash(hash)).toBeNull();
      expect(placeOfHash(hash)).toEqual({ kind: 'pools' });
    },
  );
});
