// Judges the sessions of an epoch after its last kill: what was acknowledged stands in the log once, every turn can be seen whole or not at
// all, every follower has the event stream, and text that a stream showed before it broke is in it.
import { findBroken, type LoggedMessage } from '../writers.ts';
import type { Findings } from './findings.ts';
import { judgeFollower, type CutPlaces } from './judge-follower.ts';
import { plainTokens, wordsOf } from './models.ts';
import { callUntil, type Place } from './place.ts';
import { judgeTurns, type SessionEvent } from './judge-turns.ts';
import type { SessionWriter } from './session-writer.ts';

const READ_MS_MAX = 20_000;

export async function judgeSession(
  place: Place,
  writer: SessionWriter,
  { findings, places }: { findings: Findings; places: CutPlaces },
): Promise<void> {
  if (writer.session === '') return;
  const events = await readSessionEvents(place, writer.session);
  const log = await readMessages(place, writer.session);
  findings.looked('kills.lost', writer.acknowledged.length);
  for (const line of findBroken(writer.name, log, writer.acknowledged)) findings.broken('kills.lost', line);
  findings.looked('kills.doubled', writer.sent.length);
  for (const content of writer.sent) {
    const times = log.filter((message) => message.content === content).length;
    if (times > 1)
      findings.broken('kills.doubled', `${writer.name}: "${content}" is ${times} times in the log`);
  }
  judgeAnswers(writer, findings);
  judgeTurns(writer.name, { log, events }, findings);
  judgeSeen(writer, events, findings);
  const { follower } = writer;
  if (follower === null) return;
  await Promise.race([follower.finish(events.length), new Promise((done) => setTimeout(done, READ_MS_MAX))]);
  const whole = follower.lastId === events.length;
  follower.stop();
  if (!whole)
    findings.broken(
      'streams.bytesWrong',
      `${writer.name}: the follower got no further than ${follower.lastId} of ${events.length}`,
    );
  judgeFollower(follower, events.map(renderEvent), { name: writer.name, whole, findings, places });
}

function judgeAnswers(writer: SessionWriter, findings: Findings): void {
  findings.looked('kills.answersCut', writer.acknowledged.length);
  for (const { content, answer, tone } of writer.acknowledged) {
    const words = wordsOf(tone);
    const isWhole = writer.model.startsWith('function:')
      ? answer === `${words} |${words}`
      : answer.trim().split(' ').length === plainTokens;
    if (!isWhole)
      findings.broken('kills.answersCut', `${writer.name}: "${content}" was answered with "${answer}"`);
  }
}

function judgeSeen(writer: SessionWriter, events: readonly SessionEvent[], findings: Findings): void {
  const texts = new Map<string, Map<number, string>>();
  for (const { type, turn = '', attempt = 0, text = '' } of events) {
    if (type !== 'message.delta') continue;
    const attempts = texts.get(turn) ?? new Map<number, string>();
    attempts.set(attempt, (attempts.get(attempt) ?? '') + text);
    texts.set(turn, attempts);
  }
  findings.looked('kills.notDurable', writer.seen.length);
  for (const { turn, text } of writer.seen) {
    const isThere = [...(texts.get(turn)?.values() ?? [''])].some((logged) => logged.startsWith(text));
    if (!isThere)
      findings.broken(
        'kills.notDurable',
        `${writer.name}: "${text}" of ${turn} was seen and is not in the log`,
      );
  }
}

export async function readSessionEvents(place: Place, session: string): Promise<readonly SessionEvent[]> {
  const path = `/v1/sessions/${session}/events`;
  return await readPages<SessionEvent>(place, path, { accept: 'application/json' });
}

export async function readMessages(place: Place, session: string): Promise<readonly LoggedMessage[]> {
  return await readPages<LoggedMessage>(place, `/v1/sessions/${session}/messages`, {});
}

async function readPages<T extends { readonly seq: number }>(
  place: Place,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let more = true; more;) {
    const ask = { method: 'GET', path: `${path}?after=${all.at(-1)?.seq ?? 0}`, headers } as const;
    const reply = await callUntil(place, ask, ({ status }) => status === 200, READ_MS_MAX);
    const page = (reply?.body ?? { data: [], has_more: false }) as { data: T[]; has_more: boolean };
    all.push(...page.data);
    // A page without a row leads nowhere: what the log says is still to come is not there, and is judged as missing.
    more = page.has_more && page.data.length > 0;
  }
  return all;
}

function renderEvent(event: SessionEvent): Buffer {
  return Buffer.from(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
