// Which driver a command reaches when there are several.
import { expect, test } from 'vitest';
import { DriverSet } from '../../../gpu-workers/agent/driver-set.ts';
import type { Driver } from '../../../gpu-workers/agent/driver.ts';
import type { BackendError, HoldCommand } from '../../../src/backends/backend.ts';
import { err, ok } from '../../../src/core/base/result.ts';

const notFound: BackendError = { kind: 'not-found', message: '' };
const unreachable: BackendError = { kind: 'unreachable', message: '' };

/** A driver that writes down what it is asked, and answers each command with the same error, or well. */
function makeDriver(name: string, said: string[], failure: BackendError | null): Driver {
  const report = {
    id: name,
    generation: 1,
    pool: 'p',
    version: 'v',
    condition: 'ready',
    endpoint: null,
    spawnMs: null,
    loadMs: null,
    readyMs: null,
    wakeMs: null,
    pid: null,
    reason: null,
  } as const;
  const answer = async (verb: string) => {
    said.push(`${name} ${verb}`);
    return failure === null ? ok(report) : err(failure);
  };
  return {
    reclaim: async () => void said.push(`${name} reclaim`),
    start: () => answer('start'),
    park: () => answer('park'),
    wake: () => answer('wake'),
    drain: () => answer('drain'),
    stop: async () => {
      const stopped = await answer('stop');
      return stopped.ok ? ok(null) : stopped;
    },
    list: async () => (failure === unreachable ? err(failure) : ok([report])),
    capacity: () => ({ replicasMax: 2, replicas: 1 }),
    close: async () => void said.push(`${name} close`),
  };
}

function makeSet(local: BackendError | null, modal: BackendError | null) {
  const said: string[] = [];
  const other = makeDriver('modal', said, modal);
  const set = new DriverSet(makeDriver('local', said, local), new Map([['gpu@1', other]]));
  return { set, said, modal: other };
}

const ref = { id: 'r-1', generation: 1 };
const start = { ...ref, pool: 'p', waitMs: 0 };

test.each([
  ['gpu@1', 'modal start'],
  ['cpu@1', 'local start'],
  ['nobody@1', 'local start'],
])('%s is started by the driver of its launch', async (version, expected) => {
  const { set, said } = makeSet(null, null);
  await set.start({ ...start, version });
  expect(said).toEqual([expected]);
});

test('a command goes on to the next driver only where the replica is unknown', async () => {
  for (const verb of ['park', 'wake', 'drain', 'stop'] as const) {
    const known = makeSet(null, null);
    await known.set[verb](ref);
    expect(known.said).toEqual([`local ${verb}`]);
    const unknown = makeSet(notFound, unreachable);
    expect(await unknown.set[verb](ref)).toEqual(err(unreachable));
    expect(unknown.said).toEqual([`local ${verb}`, `modal ${verb}`]);
  }
});

test('a place that cannot be asked keeps no command from the driver that knows the replica', async () => {
  const said: string[] = [];
  const away = makeDriver('away', said, unreachable);
  const owner = makeDriver('owner', said, null);
  for (const verb of ['park', 'wake', 'drain', 'stop'] as const) {
    const set = new DriverSet(
      makeDriver('local', said, notFound),
      new Map([
        ['a@1', away],
        ['b@1', owner],
      ]),
    );
    expect(await set[verb](ref)).toMatchObject({ ok: true });
    expect(said.splice(0)).toEqual([`local ${verb}`, `away ${verb}`, `owner ${verb}`]);
  }
});

test('where nobody knows the replica, a place that cannot be asked is told of: it may be there', async () => {
  const said: string[] = [];
  const away = makeDriver('away', said, unreachable);
  const other = makeDriver('other', said, notFound);
  const set = new DriverSet(
    makeDriver('local', said, notFound),
    new Map([
      ['a@1', away],
      ['b@1', other],
    ]),
  );
  expect(await set.stop(ref)).toEqual(err(unreachable));
});

test('a list is whole or it is an error: half of it would have living replicas buried', async () => {
  expect(await makeSet(null, null).set.list('p')).toMatchObject({
    value: [{ id: 'local' }, { id: 'modal' }],
  });
  expect(await makeSet(null, unreachable).set.list('p')).toEqual(err(unreachable));
});

test('capacity is the sum; reclaim and close reach all', async () => {
  const { set, said } = makeSet(null, null);
  expect(set.capacity()).toEqual({ replicasMax: 4, replicas: 2 });
  await set.reclaim();
  await set.close();
  expect(said).toEqual(['local reclaim', 'modal reclaim', 'local close', 'modal close']);
});

test('a quota that several drivers share is counted once', () => {
  const quota = {};
  const share = (replicas: number, replicasMax: number): Driver => ({
    ...makeDriver('function', [], null),
    quota,
    capacity: () => ({ replicasMax, replicas }),
  });
  // Four GPUs, one of them in use: each sees what the others leave of them.
  const functions = [share(1, 4), share(0, 3), share(0, 3)];
  const byVersion = new Map(functions.map((driver, index) => [`f${index}@1`, driver]));
  const set = new DriverSet(makeDriver('local', [], null), byVersion);
  expect(set.capacity()).toEqual({ replicasMax: 2 + 4, replicas: 1 + 1 });
});

test('what a place is to hold goes to the driver of the version; one without a buffer says so', async () => {
  const { set, modal } = makeSet(null, null);
  const held: HoldCommand[] = [];
  modal.hold = async (command) => {
    held.push(command);
    return ok(null);
  };
  const hold = { pool: 'p', order: 1, containers: 2, forMs: 3 };
  expect(await set.hold({ ...hold, version: 'gpu@1' })).toEqual(ok(null));
  expect(held).toEqual([{ ...hold, version: 'gpu@1' }]);
  expect(await set.hold({ ...hold, version: 'cpu@1' })).toMatchObject({ error: { kind: 'unsupported' } });
});
