// The log of a run as lines for people: the pieces of a text put together again, everything else in a sentence. Pure.
import { isTerminal } from '../core/run/run-state.ts';
import type { LogEvent } from './runs-api.ts';
import { formatMs } from './format.ts';

export interface LogLine {
  readonly seq: number;
  readonly type: string;
  readonly text: string;
  /** Of which step and attempt, for text alone. */
  readonly source: string | null;
}

export interface RunLog {
  /** Position of the last event that is in it. */
  readonly seq: number;
  readonly lines: readonly LogLine[];
  /** Lines that fell off the beginning. */
  readonly dropped: number;
  readonly isOver: boolean;
}

/** Lines that the page keeps: more than one reads. The endpoint has all of them. */
export const linesMax = 300;
/** Characters of one line, for the same reason. */
export const lineCharsMax = 4_000;

export const emptyLog: RunLog = { seq: 0, lines: [], dropped: 0, isOver: false };

/** Events that are in the log already change nothing. */
export function addToLog(log: RunLog, events: readonly LogEvent[]): RunLog {
  const lines = [...log.lines];
  let { seq, isOver } = log;
  for (const event of events) {
    if (event.seq <= seq) continue;
    seq = event.seq;
    isOver = isOver || isTerminal(event.type);
    const line = describe(event);
    const last = lines.at(-1);
    if (line.source !== null && last?.source === line.source)
      lines[lines.length - 1] = { ...last, text: cut(last.text + line.text) };
    else lines.push({ ...line, text: cut(line.text) });
  }
  const fallen = Math.max(0, lines.length - linesMax);
  return { seq, lines: lines.slice(fallen), dropped: log.dropped + fallen, isOver };
}

function describe({ seq, type, data }: LogEvent): LogLine {
  const line = (text: string): LogLine => ({ seq, type, text, source: null });
  const step = `step ${show(data['step'])}`;
  switch (type) {
    case 'run.started':
      return line(`${show(data['function'])}, version ${show(data['version'])}`);
    case 'step.started':
      return line(`${step} ${show(data['kind'])} ${show(data['name'])}${attempt(data['attempt'])}`);
    case 'step.progress':
      return line(`${step}: ${show(data['doing'])}, ${show(data['total'])} documents`);
    case 'step.retry':
      return line(`${step}: ${show(data['code'])}; next try in ${duration(data['after_ms'])}`);
    case 'step.done':
      return line(
        `${step} ${data['ok'] === true ? 'done' : `failed: ${show(data['code'])}`} after ${duration(data['ms'])}`,
      );
    case 'text':
      return {
        seq,
        type,
        text: show(data['text']),
        source: `${show(data['step'])}/${show(data['attempt'])}`,
      };
    case 'segment':
      return line(
        `${step} begins anew: its last attempt ${data['reason'] === 'failed' ? 'failed' : 'was cut short'}`,
      );
    case 'event':
      return line(`${show(data['type'])}: ${show(data['data'])}`);
    case 'run.failed':
      return line(`${show(data['code'])}: ${show(data['message'])}`);
    case 'run.incomplete':
      return line(show(data['reason']));
    default:
      return line(data['output'] === undefined ? '' : show(data['output']));
  }
}

function attempt(value: unknown): string {
  return typeof value === 'number' && value > 1 ? `, try ${value}` : '';
}

function duration(value: unknown): string {
  return typeof value === 'number' ? formatMs(value) : 'some time';
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function cut(text: string): string {
  return text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}…` : text;
}
