// The tenant object in workerd: orders that arrive together, eviction between them, what is kept, what is forgotten, and that nothing is
// stored by being asked.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import type { RuleOrderInput, RuleOutcome, TenantObject } from '../../durable-objects/tenant-object.ts';
import type { Result } from '../../src/core/base/result.ts';
import { etagOf, type IfMatch } from '../../src/core/tenant/if-match.ts';
import { versionsMax, type RuleRefusal, type RuleVersion } from '../../src/core/tenant/rule-versions.ts';

const { TENANT } = env as unknown as { TENANT: DurableObjectNamespace<TenantObject> };
const tenant = 'demo';
const order: RuleOrderInput = { ifMatch: { kind: 'any' }, by: 'ada', comment: null, requestId: 'req_1' };
const rules = (id: string): string =>
  JSON.stringify({ aliases: {}, rules: [{ id, match: { model: 'm' }, target: 'tiny-chat@1' }], keys: {} });
const expecting = (version: RuleVersion): IfMatch => ({ kind: 'one-of', etags: [etagOf(version)] });

/** Objects live as long as the test file: each test begins by an object that was never written to. */
async function fresh(): Promise<void> {
  await runInDurableObject(TENANT.getByName(tenant), (_object, { storage }) => storage.deleteAll());
}

async function publish(id: string, change: Partial<RuleOrderInput> = {}): Promise<RuleOutcome> {
  const done = await tryPublish(id, change);
  if (!done.ok) throw new Error(done.error.kind);
  return done.value;
}

function tryPublish(
  id: string,
  change: Partial<RuleOrderInput> = {},
): Promise<Result<RuleOutcome, RuleRefusal>> {
  const stub = TENANT.getByName(tenant);
  return stub.publish(tenant, rules(id), { ...order, ...change }) as Promise<
    Result<RuleOutcome, RuleRefusal>
  >;
}

function rowsOf(): Promise<readonly number[]> {
  return runInDurableObject(TENANT.getByName(tenant), (_object, { storage }) =>
    storage.sql
      .exec<{ version: number }>('SELECT version FROM versions ORDER BY version')
      .toArray()
      .map(({ version }) => version),
  );
}

const evict = (): Promise<void> => evictDurableObject(TENANT.getByName(tenant));

describe('a tenant object', () => {
  test('has the file as version 0 until rules are published, and stores nothing by being asked', async () => {
    await fresh();
    const stub = TENANT.getByName(tenant);
    expect(await stub.current(tenant)).toMatchObject({
      version: 0,
      generation: 0,
      by: 'file',
      document: expect.any(String),
    });
    expect(await stub.follow(tenant, -1)).toMatchObject({ generation: 0, document: null });
    expect(await stub.list(tenant)).toHaveLength(1);
    expect(await stub.read(tenant, 0)).toMatchObject({ ok: true });
    expect(await stub.read(tenant, 1)).toEqual({
      ok: false,
      error: { kind: 'unknown-rule-version', version: 1 },
    });
    const same = JSON.stringify(JSON.parse((await stub.current(tenant)).document) as object);
    expect(await stub.publish(tenant, same, order)).toMatchObject({
      value: { isNew: false, current: { version: 0 } },
    });
    const tables = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'versions'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  test('keeps every version as it was made, also over evictions at any point', async () => {
    await fresh();
    const made: RuleVersion[] = [];
    for (const id of ['a', 'b', 'c']) {
      made.push((await publish(id, { comment: `about ${id}` })).current);
      await evict();
    }
    const stub = TENANT.getByName(tenant);
    for (const version of made)
      expect(await stub.read(tenant, version.version)).toEqual({ ok: true, value: version });
    expect(await stub.current(tenant)).toEqual(made[2]);
    const heads = await stub.list(tenant);
    expect(heads.map(({ version, comment }) => [version, comment])).toEqual([
      [3, 'about c'],
      [2, 'about b'],
      [1, 'about a'],
      [0, null],
    ]);
  });

  test('gives two orders that arrive together two versions in a row, and of two that expect the same version takes one', async () => {
    await fresh();
    const both = await Promise.all([publish('a'), publish('b')]);
    expect(both.map(({ current }) => current.version).toSorted((a, b) => a - b)).toEqual([1, 2]);
    const current = await TENANT.getByName(tenant).current(tenant);
    const ifMatch = expecting(current);
    const racing = await Promise.all(['c', 'd', 'e', 'f'].map((id) => tryPublish(id, { ifMatch })));
    expect(racing.filter(({ ok }) => ok)).toHaveLength(1);
    const refused = racing.flatMap((each) => (each.ok ? [] : [each.error]));
    const now = await TENANT.getByName(tenant).current(tenant);
    expect(refused).toEqual([1, 2, 3].map(() => ({ kind: 'rules-changed', etag: etagOf(now) })));
    expect(await rowsOf()).toEqual([1, 2, 3]);
  });

  test('of many orders at once, with evictions between, loses none and numbers none twice', async () => {
    await fresh();
    const orders: Promise<RuleOutcome>[] = [];
    for (let at = 0; at < 20; at += 1) {
      orders.push(publish(`r${at}`));
      if (at % 5 === 4) {
        await Promise.all(orders);
        await evict();
      }
    }
    const made = (await Promise.all(orders)).map(({ current }) => current);
    expect(made.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    const inOrder = made.toSorted((a, b) => a.version - b.version).map(({ generation }) => generation);
    expect(inOrder).toEqual([...new Set(inOrder)].toSorted((a, b) => a - b));
  });

  test('makes no version of an order that is sent again, also after an eviction', async () => {
    await fresh();
    const first = await publish('a');
    await evict();
    const again = await publish('a');
    expect(again).toEqual({ current: first.current, isNew: false });
    expect(await rowsOf()).toEqual([1]);
  });

  test('rolls back by a new version, to the file too, and not to what is gone', async () => {
    await fresh();
    const [first] = [await publish('a'), await publish('b')];
    const stub = TENANT.getByName(tenant);
    expect(await stub.rollBack(tenant, 1, order)).toMatchObject({
      value: { isNew: true, current: { version: 3, copyOf: 1, document: first.current.document } },
    });
    expect(await stub.rollBack(tenant, 0, order)).toMatchObject({
      value: { current: { version: 4, copyOf: 0 } },
    });
    expect(await stub.rollBack(tenant, 77, order)).toEqual({
      ok: false,
      error: { kind: 'unknown-rule-version', version: 77 },
    });
    const stale: IfMatch = { kind: 'one-of', etags: [etagOf(first.current)] };
    expect(await stub.rollBack(tenant, 2, { ...order, ifMatch: stale })).toMatchObject({
      error: { kind: 'rules-changed' },
    });
  });

  test('keeps a bounded number of versions and goes on counting', async () => {
    await fresh();
    for (let at = 0; at < versionsMax + 3; at += 1) await publish(`r${at}`);
    const rows = await rowsOf();
    expect(rows).toHaveLength(versionsMax);
    expect([rows[0], rows.at(-1)]).toEqual([4, versionsMax + 3]);
    expect(await TENANT.getByName(tenant).read(tenant, 3)).toMatchObject({ ok: false });
  });

  test('sends an isolate that is up to date a number and no rules', async () => {
    await fresh();
    const { current } = await publish('a');
    const stub = TENANT.getByName(tenant);
    const { version, generation, hash } = current;
    expect(await stub.follow(tenant, generation)).toEqual({ version, generation, hash, document: null });
    expect(await stub.follow(tenant, 0)).toEqual({ version, generation, hash, document: current.document });
  });

  test('answers for its own tenant alone', async () => {
    const outcome = await runInDurableObject(TENANT.getByName(tenant), (object) => {
      try {
        object.current('acme');
        return 'answered';
      } catch (cause) {
        return String(cause);
      }
    });
    expect(outcome).toContain('asked for its own tenant');
  });
});
