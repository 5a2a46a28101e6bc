// What tests of outages ask the edge, and the three things that a client may be told: the answer of the model that was asked for, that of
// another one in its place, or an honest refusal.
import { expect, vi } from 'vitest';
import { readRecorded } from '../../src/cli/replay/ask-admin.ts';
import type { PoolNote } from '../../src/hosts/pool-recorder.ts';
import type { RawStack } from './raw-stack.ts';
import { chat, readPool, type ChatReply } from './stack.ts';

/** Only a hang, or something that never comes back, reaches it. */
export const patience = { timeout: 60_000, interval: 100 };

/** An emulated GPU that is there in a moment. */
export const pace = { loadMs: 50, wakeMs: 10, firstTokenMs: 5, tokenMs: 1, tokens: 8 };

/** Of every version: nothing goes to rest while a test looks at it. */
export const awake = { task: 'chat', slots: 4, replicasMax: 1, hotIdleMs: 3_600_000 };

export function askModel(stack: RawStack, model: string): Promise<ChatReply> {
  return chat(stack, { model, messages: [{ role: 'user', content: 'hello' }] });
}

/** Each is answered by itself, and says nothing of a substitute. */
export async function expectOwn(stack: RawStack, versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    const reply = await askModel(stack, version);
    expect(reply.status, `${version}: ${reply.text}`).toBe(200);
    expect(reply.headers.get('x-pilotlight-model')).toBe(version);
    expect(reply.headers.get('x-pilotlight-substitute')).toBeNull();
  }
}

/** Each of several requests is answered by the other one, and says so: there is no error among them. */
export async function expectSubstitute(stack: RawStack, version: string, by: string): Promise<void> {
  for (let at = 0; at < 3; at += 1) {
    const reply = await askModel(stack, version);
    expect(reply.status, `${version}: ${reply.text}`).toBe(200);
    expect(reply.headers.get('x-pilotlight-model')).toBe(by);
    expect(reply.headers.get('x-pilotlight-substitute')).toContain('fallback');
  }
}

/** 503 with a code, a time to come back, and nothing of what is behind the edge. */
export async function expectRefusal(
  stack: RawStack,
  version: string,
  codes: readonly string[] = ['backend_unavailable'],
): Promise<void> {
  const reply = await askModel(stack, version);
  expect(reply.status, `${version}: ${reply.text}`).toBe(503);
  const { error } = JSON.parse(reply.text) as { readonly error: { readonly code: string } };
  expect(codes).toContain(error.code);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(reply.text).not.toMatch(/127\.0\.0\.1|localhost/);
}

/**
 * Each of several requests is refused in the very decision that hears of it, and the pool knows that its place is away: nobody finds out
 * anew by waiting. Of a stack with RECORD_DECISIONS.
 */
export async function expectRefusedUnheard(
  stack: RawStack,
  version: string,
  codes: readonly string[],
): Promise<void> {
  const before = (await readNotes(stack, version)).length;
  for (let at = 0; at < 5; at += 1) await expectRefusal(stack, version, codes);
  const notes = (await readNotes(stack, version)).slice(before);
  const asked = notes.flatMap(({ events, effects }) =>
    events.flatMap((event) => (event.kind === 'acquire' ? [{ waiterId: event.waiter.id, effects }] : [])),
  );
  expect(asked.length).toBeGreaterThanOrEqual(5);
  for (const { waiterId, effects } of asked)
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'refuse', waiterId }));
  expect((await readPool(stack, version)).backend.downSinceMs).not.toBeNull();
}

async function readNotes(stack: RawStack, version: string): Promise<readonly PoolNote[]> {
  const { pool } = await readPool(stack, version);
  const recorded = await readRecorded(stack.url, stack.adminToken, [pool]);
  return recorded?.pools[0]?.notes ?? [];
}

/** Sooner or later each is answered by itself again. */
export async function expectBack(stack: RawStack, versions: readonly string[]): Promise<void> {
  for (const version of versions) await vi.waitFor(() => expectOwn(stack, [version]), patience);
}

/** Whoever looks after the edge can still do so, and reads in the pool of `version` that its place is out of reach. */
export async function expectAdmin(stack: RawStack, version: string): Promise<void> {
  expect((await fetch(`${stack.url}/healthz`)).status).toBe(200);
  const headers = { authorization: `Bearer ${stack.adminToken}` };
  expect((await fetch(`${stack.url}/admin/v1/warmth`, { headers })).status).toBe(200);
  const { backend } = await readPool(stack, version);
  expect(backend.downSinceMs).not.toBeNull();
  expect(backend.reason).not.toBe('');
}

/** Publishes rules of the tenant `demo`; gives the number of their version. */
export async function publishRules(stack: RawStack, rules: readonly object[]): Promise<number> {
  const response = await fetch(`${stack.url}/admin/v1/tenants/demo/rules`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${stack.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ rules }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return (JSON.parse(text) as { readonly version: number }).version;
}
