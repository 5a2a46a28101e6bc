// What an isolate thinks of a pool's load, over the real pool object: slots that it keeps for its next requests are nobody's.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { glanceAt, poolViews } from '../../durable-objects/pool-views.ts';
import { configOf } from '../../src/config.ts';
import type { Env } from '../../src/env.ts';
import type { PlannedRequest } from '../../src/hosts/plan-request.ts';
import type { SlotGrant } from '../../src/hosts/ports.ts';
import { portsFor } from '../../src/hosts/worker-ports.ts';
import { AgentDouble } from './agent-double.ts';

const bindings = env as unknown as Env;
const version = 'tiny-chat@1';
const pool = `${version}~local`;
/** What goes on in the background ends when nothing is held any more; nobody waits for it. */
const lifetime = { waitUntil: (work: Promise<unknown>) => void work };
const ports = portsFor(bindings, lifetime);
/** A choice, of which only this much is read. */
const choice = {
  attempts: [{ version, pool }],
  plan: { readsPools: true, hedge: null },
} as unknown as PlannedRequest;

beforeEach(() => void AgentDouble.install());
afterEach(() => vi.restoreAllMocks());

async function take(requestId: string): Promise<SlotGrant> {
  const request = { pool, tenant: 't', requestId, deadlineMs: Date.now() + 10_000 };
  const answer = await ports.acquire(request, new AbortController().signal);
  if (!answer.ok) throw new Error(`refused: ${answer.error.kind}`);
  return answer.value;
}

/** Null until the pool has answered. */
function viewNow() {
  const view = poolViews(configOf(bindings).catalogue, Date.now()).get(version);
  return view === undefined || view.slots === 0 ? null : view;
}

test('a pool is as full as it has requests, however many slots the isolate keeps', async () => {
  const [first, second, third] = [await take('a'), await take('b'), await take('c')];
  for (const grant of [first, second]) ports.release(grant, 'served');
  await glanceAt(choice, bindings, lifetime);
  const view = await vi.waitUntil(viewNow, 10_000);
  expect(view).toMatchObject({ slots: 4, inFlight: 1 });
  ports.release(third, 'served');
  expect(view).toMatchObject({ slots: 4, inFlight: 0 });
});
