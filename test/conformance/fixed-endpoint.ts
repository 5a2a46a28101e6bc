// What the two kinds of endpoints that are always there have in common in the suites of backends.
import { afterAll, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { UpstreamRig } from '../support/upstream/upstream-harness.ts';
import { describeBackendFaults } from './backend-faults.suite.ts';
import { describeBackend } from './backend.suite.ts';

export interface FixedSide {
  readonly name: 'openai' | 'workers-ai';
  readonly rig: UpstreamRig;
  /** With a key that is wrong. */
  stranger(): Backend;
  /** The path by which it is asked whether it is there. */
  readonly probe: RegExp;
  readonly limit: { take(): void; give(): void };
  readonly unauthorized: { readonly status: number; readonly body: string };
  close(): Promise<void>;
}

export const fixedVersion = 'fixed@1';
export const fixedReplicasMax = 6;

const always = 'nothing is started there: a replica is the right to so many slots';
const noParking = 'an endpoint that is always there parks nothing';
const silent = 'nobody is told when a right is given up';

export function describeFixedEndpoint(side: FixedSide): void {
  const { name, rig } = side;
  const backend = (): Backend => rig.backend;
  const countLives = (id: string, generation: number): number =>
    rig.disk.read().filter((life) => life.id === id && life.generation === generation && !life.ending).length;

  afterAll(() => {
    rig.front.close();
    return side.close();
  });

  describeBackend(name, {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    backend,
    strangers: () => side.stranger(),
    identify: ({ id, generation }) => `${id}:${generation}`,
    countLives,
    // What is reported is what requests are sent to; that is tested end to end.
    reach: ({ endpoint }) => Promise.resolve(endpoint?.startsWith(rig.front.url) === true ? 200 : 0),
    kill: () => undefined,
    replicasMax: fixedReplicasMax,
    versions: {
      good: fixedVersion,
      hangs: fixedVersion,
      cannotStart: fixedVersion,
      noParking: fixedVersion,
      busy: fixedVersion,
    },
    cannotStartReason: /./,
    skips: {
      'of a replica that hangs answers after waitMs that it is loading, and it can be stopped': always,
      'of a replica that cannot start is a failed replica with its reason, begun once': always,
      'a replica is parked and woken again in the same life, any number of times': noParking,
      'a draining replica is reported as such': 'an endpoint of others cannot be told to refuse requests',
      'parking under a request is refused as busy, and the replica stays ready': noParking,
      'a replica that died is failed, with a reason, until it is deleted, and is not begun again': always,
      'strangers are refused every call': 'only the provider has a door: see the test of a wrong key',
    },
  });

  describeBackendFaults(name, {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    backend,
    callMs: 1_500,
    front: () => rig.front,
    isStart: ({ path }) => side.probe.test(path),
    isStop: () => false,
    countLives,
    version: fixedVersion,
    room: side.limit,
    restart: () => Promise.resolve(rig.restart()),
    unauthorized: side.unauthorized,
    skips: {
      'a stop that meets errors of a server is not taken for done, and the same one again ends it': silent,
      'a stop whose answer was lost has ended it, whatever the same one again is told': silent,
    },
  });

  test(`${name}: a wrong key is refused as such, and nothing is begun`, async () => {
    const stranger = side.stranger();
    const order = { id: 'stranger', generation: 1, pool: 'p~here', version: fixedVersion, waitMs: 1_000 };
    expect(await stranger.start(order)).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
    expect(await stranger.list('p~here')).toEqual({ ok: true, value: [] });
  });

  test(`${name}: who gives up everything needs nobody's leave`, async () => {
    const order = { id: 'leave', generation: 1, pool: 'p~here', version: fixedVersion, waitMs: 1_000 };
    expect(await backend().start(order)).toMatchObject({ ok: true, value: { condition: 'ready' } });
    rig.front.add({ how: 'answer', status: 503, body: '{}' });
    expect(await backend().list('p~here')).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(await backend().stop(order)).toEqual({ ok: true, value: null });
    rig.front.clear();
  });
}
