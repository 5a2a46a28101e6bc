// Judges the turns of one session: the rows of a turn came to be together, or not at all. Each end has its message, each message its end and
// its event, and the text that the stream told is the message.
import type { LoggedMessage } from '../writers.ts';
import type { Findings } from './findings.ts';
import { openFailures } from './judge-runs.ts';

export interface SessionEvent {
  readonly seq: number;
  readonly type: string;
  readonly turn?: string;
  readonly attempt?: number;
  readonly text?: string;
  readonly chars?: number;
  readonly message_seq?: number;
  readonly error?: { readonly code: string };
  readonly message?: { readonly seq: number; readonly role: string; readonly content?: string };
}

interface Told {
  /** Seq of a message -> the role that the stream told. */
  readonly roles: Map<number, string>;
  /** Seq of an answer -> the text of its attempt. */
  readonly answers: Map<number, string>;
  /** Attempts that have begun and not ended -> their text. */
  readonly open: Map<string, string>;
}

type Complain = (line: string) => void;

const ends = new Set(['turn.completed', 'turn.failed', 'turn.cancelled', 'turn.interrupted']);

export function judgeTurns(
  name: string,
  { log, events }: { readonly log: readonly LoggedMessage[]; readonly events: readonly SessionEvent[] },
  findings: Findings,
): void {
  const complain = (line: string): void => findings.broken('kills.halfTurns', `${name}: ${line}`);
  const told: Told = { roles: new Map(), answers: new Map(), open: new Map() };
  for (const [at, event] of events.entries()) {
    if (event.seq !== at + 1) complain(`event ${event.seq} at place ${at + 1}`);
    takeEvent(told, event, complain);
    const code = event.error?.code ?? null;
    if (code !== null && !openFailures.has(code))
      findings.broken('kills.oddFailures', `${name}: a turn failed: ${code}`);
  }
  findings.looked('kills.oddFailures', told.roles.size);
  findings.looked('kills.halfTurns', log.filter(({ role }) => role === 'user').length);
  compare(told, log, complain);
}

function takeEvent({ roles, answers, open }: Told, event: SessionEvent, complain: Complain): void {
  const ref = `${event.turn} ${event.attempt}`;
  const text = open.get(ref) ?? '';
  if (event.message !== undefined) roles.set(event.message.seq, event.message.role);
  if (event.type === 'turn.started') open.set(ref, '');
  if (event.type === 'message.delta') open.set(ref, text + (event.text ?? ''));
  if (event.type === 'turn.segment') open.set(ref, text.slice(0, event.chars));
  if (event.type === 'turn.completed') answers.set(event.message_seq ?? 0, text);
  if (!ends.has(event.type)) return;
  const hadBegun = open.delete(ref);
  // One that waits in the queue may be cancelled before it begins.
  if (!hadBegun && event.type !== 'turn.cancelled')
    complain(`${event.type} of ${ref}, which was not running`);
}

function compare({ roles, answers, open }: Told, log: readonly LoggedMessage[], complain: Complain): void {
  // The last one may still be attempted for a client that has gone.
  if (open.size > 1) complain(`${open.size} attempts without an end`);
  const unseen = new Set(answers.keys());
  for (const { seq, role, content } of log) {
    if (roles.get(seq) !== role) complain(`the stream does not tell of message ${seq}`);
    if (role !== 'assistant') continue;
    if (!unseen.delete(seq)) complain(`message ${seq} is an answer without the end of its turn`);
    else if (answers.get(seq) !== content) complain(`message ${seq} is not the text that the stream told`);
  }
  for (const seq of unseen) complain(`a turn ended with message ${seq}, which is not there`);
  if (roles.size !== log.length) complain(`${roles.size} messages were told, ${log.length} are in the log`);
}
