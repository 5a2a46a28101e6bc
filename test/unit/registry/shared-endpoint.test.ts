// An endpoint of RunPod is one version's: what says so names where, why and what to do.
import { expect, test } from 'vitest';
import { mergeCatalogues, parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { findSharedEndpoint } from '../../../src/core/registry/shared-endpoint.ts';

const runpod = (id: string, endpoint: string) => ({
  id,
  task: 'chat' as const,
  launch: { kind: 'runpod' as const, endpoint, model: 'vendor/m', idleMs: 5_000 },
});
const embedder = (id: string) => ({ id, task: 'embedding' as const, launch: { kind: 'embedder' as const } });
const parse = (...versions: readonly object[]) => parseCatalogue(JSON.stringify({ versions }));

test('each version has an endpoint of its own; other places are shared as they like', () => {
  expect(findSharedEndpoint([])).toBeNull();
  expect(
    findSharedEndpoint([
      runpod('a@1', 'endpoint1'),
      embedder('b@1'),
      embedder('c@1'),
      runpod('d@1', 'endpoint2'),
    ]),
  ).toBeNull();
  expect(
    findSharedEndpoint([embedder('b@1'), runpod('a@1', 'endpoint1'), runpod('d@1', 'endpoint1')]),
  ).toMatchObject({
    index: 2,
  });
});

test('a file with two versions on one endpoint is refused: where, whose it is, why, and what to do', () => {
  const parsed = parse(runpod('a@1', 'endpoint1'), runpod('a@2', 'endpoint1'));
  const error = parsed.ok ? '' : parsed.error;
  for (const words of [
    'versions[1].launch.endpoint',
    '"endpoint1" is the endpoint of "a@1"',
    'workersMin and workersMax',
    'an endpoint of its own',
    'aliases',
  ])
    expect(error).toContain(words);
});

test('one version may have several names', () => {
  const text = JSON.stringify({ versions: [runpod('a@1', 'endpoint1')], aliases: { a: 'a@1', b: 'a@1' } });
  expect(parseCatalogue(text).ok).toBe(true);
});

test('two files that are laid over each other are refused alike, but for a version that takes the place of its own', () => {
  const read = (...versions: readonly object[]) => {
    const parsed = parse(...versions);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };
  const base = read(runpod('a@1', 'endpoint1'));
  const merged = mergeCatalogues(base, read(runpod('b@1', 'endpoint1')));
  expect(merged.ok ? '' : merged.error).toContain(
    'launch.endpoint of "b@1": "endpoint1" is the endpoint of "a@1"',
  );
  expect(mergeCatalogues(base, read(runpod('a@1', 'endpoint1'))).ok).toBe(true);
  expect(mergeCatalogues(base, read(runpod('a@1', 'endpoint2'), runpod('b@1', 'endpoint1'))).ok).toBe(true);
});
