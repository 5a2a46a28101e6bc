// The traffic that a command works on: files, or made up when none are given. Owns how it is described.
import { basename } from 'node:path';
import { err, ok, type Result } from '../../core/base/result.ts';
import { dayMs } from '../../sim/replay/parse-replay.ts';
import { cutDays } from '../../sim/workload/cut-days.ts';
import { drawSynthetic } from '../../sim/workload/synthetic.ts';
import { readWorkload, type LoadedWorkload } from './read-workload.ts';

export interface Traffic extends LoadedWorkload {
  /** One line without paths: what it is, and how much. */
  readonly label: string;
}

const historyDays = 10;
const replayDays = 4;

export function readTraffic(files: {
  readonly replay: readonly string[];
  readonly history: readonly string[];
  readonly seed: number;
}): Result<Traffic, string> {
  const { replay, history, seed } = files;
  if (replay.length === 0) {
    if (history.length > 0) return err('--history needs --replay FILE: what is to be replayed after it');
    return ok(drawTraffic(seed));
  }
  const loaded = readWorkload(replay, history);
  if (!loaded.ok) return loaded;
  const after = history.length === 0 ? 'without history' : `after ${nameFiles(history)}`;
  return ok({ ...loaded.value, label: `${nameFiles(replay)} ${after}: ${measure(loaded.value)}` });
}

/** Ten days of history and four to replay. */
export function drawTraffic(seed: number): Traffic {
  const all = drawSynthetic({ seed, days: historyDays + replayDays });
  return splitTraffic(all, `synthetic traffic (seed ${seed})`);
}

/** The last four days of a made-up workload after all the others. */
export function splitTraffic(all: LoadedWorkload['replay'], name: string): Traffic {
  const days = Math.round(all.endMs / dayMs);
  const loaded = {
    replay: cutDays(all, days - replayDays, days),
    history: cutDays(all, 0, days - replayDays),
  };
  return { ...loaded, label: `${name}: ${measure(loaded)}` };
}

function nameFiles(paths: readonly string[]): string {
  return paths.map((path) => basename(path)).join(', ');
}

function measure({ replay, history }: LoadedWorkload): string {
  const days = `${replay.endMs / dayMs} days, ${replay.pool.length.toLocaleString('en')} requests to ${new Set(replay.pool).size} pools`;
  return history === null
    ? days
    : `${days} (history ${history.endMs / dayMs} days, ${history.pool.length.toLocaleString('en')} requests)`;
}
