// The local runtime never fires crons by itself: this calls the Worker's scheduled handler as the platform would. What a missed call
// would have done, the next one does.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Print } from './printer.ts';
import type { DevSettings } from './settings.ts';

/** The planner asks each pool; one that hangs must not keep the next minute's call from being made. */
const callMsMax = 20_000;

/** Runs until `signal` is aborted. */
export async function runCron(settings: DevSettings, print: Print, signal: AbortSignal): Promise<void> {
  const path = '/cdn-cgi/handler/scheduled?cron=*+*+*+*+*';
  for (;;) {
    try {
      await sleep(settings.cronMs, undefined, { signal });
    } catch {
      return;
    }
    const url = `http://127.0.0.1:${settings.port}${path}&time=${Date.now()}`;
    const failure = await call(url, signal);
    if (failure !== null) print('dev', `the scheduled run failed: ${failure}`);
  }
}

async function call(url: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(callMsMax)]) });
    const text = await response.text();
    return response.status === 200 ? null : `${response.status} ${text.slice(0, 200)}`;
  } catch {
    // The Worker is being restarted, which its supervisor says, or everything ends.
    return null;
  }
}
