// The options of the replay driver: defaults, what excludes what, and that no load goes to another machine by accident.
import { expect, test } from 'vitest';
import { parseCatalogue } from '../../../../src/core/registry/parse-catalogue.ts';
import { readCommand } from '../../../../src/cli/replay/agent-tap.ts';
import { renderModels, tokensFor } from '../../../../src/cli/replay/paced-models.ts';
import { readReplayOptions } from '../../../../src/cli/replay/replay-options.ts';

test('a target on this machine is asked with the well-known keys, half an hour at sixty times the speed', () => {
  const read = readReplayOptions(['--target', 'http://127.0.0.1:8787']);
  expect(read).toMatchObject({
    ok: true,
    value: {
      place: { kind: 'target', url: 'http://127.0.0.1:8787', adminToken: 'admin-pilotlight-dev' },
      speed: 60,
      minutes: 30,
      fromS: null,
      poolsMax: null,
      loadMs: 23_000,
      wakeMs: 2_000,
      inFlightMax: 256,
    },
  });
});

test('another machine needs a word and a key of its own', () => {
  const far = ['--target', 'https://api.example.com'];
  expect(readReplayOptions(far)).toMatchObject({ ok: false, error: /--allow-remote/ });
  expect(readReplayOptions([...far, '--allow-remote'])).toMatchObject({ ok: false, error: /--key/ });
  const read = readReplayOptions([...far, '--allow-remote', '--key', 'k']);
  expect(read).toMatchObject({ ok: true, value: { place: { keys: ['k'], adminToken: null } } });
});

test.each([
  [[], '--target'],
  [['--target', 'http://127.0.0.1:1', '--stack'], 'exclude each other'],
  [['--target', 'ftp://127.0.0.1'], '--target must be an http'],
  [['--target', 'http://127.0.0.1:1/v1'], 'without path'],
  [['--stack', '--speed', '0'], '--speed must be a number from 0.1 to 1000, not "0"'],
  [['--stack', '--minutes', '0'], '--minutes must be a number above 0'],
  [['--stack', '--pools', '1.5'], '--pools must be a whole number'],
  [['--stack', '--in-flight', '0'], '--in-flight must be a whole number'],
  [['--stack', '--from', 'noon'], '--from must be a number'],
  [['--stack', '--load', '-3'], '--load must be a number'],
  [['--stak'], '--stak'],
])('%j is refused with a line that names the option', (args, words) => {
  const read = readReplayOptions(args);
  expect(read.ok).toBe(false);
  if (!read.ok) expect(read.error).toContain(words);
});

test('the models that are written are a catalogue in which the names of the trace stand for emulated models', () => {
  const pools = ['model-003', 'Weird Name/é', 'assistant'];
  const catalogue = parseCatalogue(renderModels({ pools }, { loadMs: 23_000, wakeMs: 2_000, speed: 60 }));
  expect(catalogue).toMatchObject({
    ok: true,
    value: { aliases: { 'model-003': 'm000@1', 'Weird Name/é': 'm001@1', assistant: 'm002@1' } },
  });
  if (!catalogue.ok) return;
  for (const version of catalogue.value.versions)
    expect(version).toMatchObject({ slots: 1, hotIdleMs: null, parkedIdleMs: null, hotMicrosPerSecond: 220 });
  expect(catalogue.value.versions[0]?.loadGuessMs).toBeCloseTo(383.3, 1);
});

test('a request runs for its time in the trace divided by the speed, in whole tokens, at least one', () => {
  expect(tokensFor(22_000, 60) * 5).toBe(365);
  expect(tokensFor(0, 60)).toBe(1);
  expect(tokensFor(1e9, 1)).toBe(20_000);
});

test('calls of the agent’s protocol are read as commands; those that only ask are none', () => {
  const start = '{"generation":3,"pool":"p@1~local","version":"p@1","waitMs":20000}';
  expect(readCommand({ method: 'PUT', url: '/v1/replicas/p-1-local-3' }, start)).toEqual({
    command: 'start',
    replicaId: 'p-1-local-3',
    generation: 3,
    pool: 'p@1~local',
  });
  const turn = { method: 'POST', url: '/v1/replicas/x-1/park' };
  expect(readCommand(turn, '{"generation":1}')).toMatchObject({ command: 'park', generation: 1 });
  const stop = { method: 'DELETE', url: '/v1/replicas/x-1?generation=7' };
  expect(readCommand(stop, '')).toMatchObject({ command: 'stop', generation: 7 });
  expect(readCommand({ method: 'GET', url: '/v1/replicas?pool=p' }, '')).toBeNull();
  expect(readCommand({ method: 'GET', url: '/v1/capacity' }, '')).toBeNull();
  expect(readCommand({ method: 'POST', url: '/v1/replicas/x-1/drain' }, '{"generation":1}')).toBeNull();
});
