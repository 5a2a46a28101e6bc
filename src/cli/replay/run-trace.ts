// One run: is everything there that the trace asks for, then all requests, then what the deployment says of itself. Owns the order.
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../../core/base/result.ts';
import type { TraceWindow } from '../../sim/conformance/cut-window.ts';
import type { RunRecord } from '../../sim/conformance/run-record.ts';
import type { AgentTap } from './agent-tap.ts';
import { readModelNames, readPools, readRecorded } from './ask-admin.ts';
import { sendRequests, type SendOptions } from './send-requests.ts';

export interface RunTarget {
  readonly url: string;
  readonly keys: readonly string[];
  readonly adminToken: string | null;
  readonly models: SendOptions['models'];
  /** What watches the pools' commands, if anything does. */
  readonly tap: AgentTap | null;
}

export interface RunOptions {
  readonly window: TraceWindow;
  readonly speed: number;
  readonly inFlightMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: SendOptions['onProgress'];
}

/** What the last requests set off is seen, too. */
const settleMs = 500;
const namedMax = 5;

export async function runTrace(target: RunTarget, options: RunOptions): Promise<Result<RunRecord, string>> {
  const ready = await checkReady(target);
  if (!ready.ok) return ready;
  const { window, speed } = options;
  const { startedMs, requests } = await sendRequests({ ...options, ...target, target: target.url });
  // What happens in the quiet after the last request belongs to the stretch that was asked for.
  const leftMs = startedMs + window.lengthMs / speed - Date.now();
  await sleep(Math.max(settleMs, leftMs), undefined, { signal: options.signal });
  const { tap, adminToken } = target;
  const pools = adminToken === null ? null : await readPools(target.url, adminToken);
  if (pools?.ok === false) return pools;
  const endedMs = Date.now();
  const commands = tap?.commands ?? null;
  const names = pools?.value.pools.map(({ pool }) => pool) ?? [];
  const recorded = adminToken === null ? null : await readRecorded(target.url, adminToken, names);
  const views = pools?.value.pools ?? null;
  return ok({ version: 1, speed, startedMs, endedMs, requests, pools: views, recorded, commands });
}

/** Also wakes what sleeps there: the first requests are not to wait for the deployment's own start. */
async function checkReady(target: RunTarget): Promise<Result<null, string>> {
  for (const key of target.keys) {
    const names = await readModelNames(target.url, key);
    if (!names.ok) return names;
    const missing = target.models.filter((name) => !names.value.has(name));
    if (missing.length === 0) continue;
    const named = missing.slice(0, namedMax).join(', ');
    const more = missing.length > namedMax ? ` and ${missing.length - namedMax} more` : '';
    return err(
      `${target.url} does not serve ${named}${more}: start it with the file of --write-models, or give --model`,
    );
  }
  if (target.adminToken === null) return ok(null);
  const pools = await readPools(target.url, target.adminToken);
  return pools.ok ? ok(null) : pools;
}
