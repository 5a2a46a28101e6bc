// `--load S|FILE`: a number of seconds, or a file of measured load times.
import { err, ok, type Result } from '../../core/base/result.ts';
import { describeCsvFault } from '../../sim/workload/csv-fault.ts';
import { constantLoad, parseLoads, type LoadTimes } from '../../sim/workload/loads.ts';
import { readText } from './read-text.ts';

/** The error is one line that names the option, or file, line and field. */
export function readLoads(given: string): Result<LoadTimes, string> {
  if (given.trim() !== '' && !Number.isNaN(Number(given))) {
    const constant = constantLoad(Number(given));
    return constant.ok ? constant : err(`--load: ${constant.error}`);
  }
  const text = readText(given);
  if (!text.ok) return err(`--load takes seconds or a file: ${text.error}`);
  const loads = parseLoads(text.value);
  return loads.ok ? ok(loads.value) : err(describeCsvFault(loads.error, given));
}
