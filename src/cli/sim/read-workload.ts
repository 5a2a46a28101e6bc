// Reads the files of a replay and of its history into two workloads that share their name tables.
import { err, ok, type Result } from '../../core/base/result.ts';
import {
  makeReplayTables,
  parseReplay,
  replayRowsMax,
  type ReplayTables,
} from '../../sim/replay/parse-replay.ts';
import type { Workload } from '../../sim/replay/workload.ts';
import { describeCsvFault } from '../../sim/workload/csv-fault.ts';
import { joinWorkloads } from '../../sim/workload/join-workloads.ts';
import { readText } from './read-text.ts';

export interface LoadedWorkload {
  readonly replay: Workload;
  /** Traffic from before the replay, on its own clock; null without history files. */
  readonly history: Workload | null;
}

/** More files on one command line are a glob gone wrong. */
const filesMax = 1000;

/**
 * Files of a kind are laid end to end at whole days. Pool and tenant indices mean the same in both workloads, and the replay's names
 * come first, so that its indices do not depend on the history. The error is one line that names file, line and field.
 */
export function readWorkload(
  paths: readonly string[],
  historyPaths: readonly string[],
): Result<LoadedWorkload, string> {
  if (paths.length === 0) return err('no replay file was given: --replay FILE');
  const tables = makeReplayTables();
  const replay = readAll(paths, tables);
  if (!replay.ok) return replay;
  if (historyPaths.length === 0) return ok({ replay: replay.value, history: null });
  const history = readAll(historyPaths, tables);
  if (!history.ok) return history;
  return ok({ replay: replay.value, history: history.value });
}

function readAll(paths: readonly string[], tables: ReplayTables): Result<Workload, string> {
  if (paths.length > filesMax) return err(`${paths.length} files of a kind, at most ${filesMax} are taken`);
  const parts: Workload[] = [];
  let rows = 0;
  for (const path of paths) {
    const text = readText(path);
    if (!text.ok) return text;
    const parsed = parseReplay(text.value, tables);
    if (!parsed.ok) return err(describeCsvFault(parsed.error, path));
    rows += parsed.value.pool.length;
    if (rows > replayRowsMax)
      return err(`${path}: with the files before it there are more than ${replayRowsMax} rows`);
    parts.push(parsed.value);
  }
  return ok(joinWorkloads(parts));
}
