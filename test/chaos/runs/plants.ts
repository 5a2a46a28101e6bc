// Bugs that `npm run chaos:runs` must catch: for each promise the mistake that is most easily made against it. Owns the changes; plants.ts
// beside the smoke test makes the copy, and fails when a text is not there any more.
import { plants, type Plant } from '../plants.ts';
import type { PromiseId } from './findings.ts';

export interface RunPlant {
  readonly edits: readonly Plant[];
  /** What is run to catch it. */
  readonly kills: number;
  readonly histories: number;
  /** The promises of which one at least must be found broken. */
  readonly breaks: readonly PromiseId[];
}

const sessionObject = 'durable-objects/session-object.ts';
const runObject = 'durable-objects/run-object.ts';
const runStore = 'durable-objects/run-store.ts';

const ackBeforeWrite = plants['ack-before-write'];

export const runPlants: Readonly<Record<string, RunPlant>> = {
  /** RC-01. A message is acknowledged first and given to its session later. */
  'ack-before-write': {
    edits: ackBeforeWrite === undefined ? [] : [ackBeforeWrite],
    kills: 12,
    histories: 0,
    breaks: ['kills.lost'],
  },
  /** RC-02. Between the look for the key and the row lies an await, in which a copy of the message looks too. */
  'dedupe-with-await': {
    edits: [
      {
        file: sessionObject,
        find: '    const followed = this.#host.post({ ...post, turnMsMax: TURN_MS_MAX });',
        replace: `    const twin = [...(this.#host.state?.turns.values() ?? [])].find(({ key }) => key?.split(' ')[0] === post.key);
    await scheduler.wait(60);
    const key = post.key === null ? null : (twin?.key ?? post.key + ' ' + crypto.randomUUID());
    const followed = this.#host.post({ ...post, key, turnMsMax: TURN_MS_MAX });`,
      },
    ],
    kills: 12,
    histories: 0,
    breaks: ['kills.doubled'],
  },
  /** RC-04. The answer's row is written after an await, the end of its turn before. */
  'half-turn': {
    edits: [
      {
        file: 'durable-objects/session-store.ts',
        find: '      for (const write of writes) writeRow(sql, write);',
        replace: `      const isLate = (write) => write.kind === 'message' && write.message.role === 'assistant';
      for (const write of writes) if (!isLate(write)) writeRow(sql, write);
      const late = writes.filter(isLate);
      if (late.length > 0) setTimeout(() => late.forEach((write) => writeRow(sql, write)), 60);`,
      },
    ],
    kills: 40,
    histories: 0,
    breaks: ['kills.halfTurns'],
  },
  /** RC-08. Words are shown to followers from memory, and written a moment later. */
  'emit-before-commit': {
    edits: [
      {
        file: runStore,
        find: '        for (const write of writes) writeRow(sql, write);',
        replace: `        for (const write of writes) {
          if (write.kind !== 'log' || write.entry.type !== 'text') writeRow(sql, write);
          else {
            early.push(write.entry);
            setTimeout(() => (early.splice(early.indexOf(write.entry), 1), writeRow(sql, write)), 100);
          }
        }`,
      },
      {
        file: runStore,
        find: '  const part = (name: string): unknown => {',
        replace: '  const early = [];\n  const part = (name: string): unknown => {',
      },
      {
        file: runStore,
        find: `        .map(({ seq, type, data }) => ({ seq, type, data: JSON.parse(data) }) as LogEntry);`,
        replace: `        .map(({ seq, type, data }) => ({ seq, type, data: JSON.parse(data) }) as LogEntry)
        .concat(early.filter(({ seq }) => seq > afterSeq))
        .sort((a, b) => a.seq - b.seq);`,
      },
    ],
    kills: 40,
    histories: 0,
    breaks: ['kills.notDurable'],
  },
  /** RC-09. A follower goes on behind what was last sent to somebody, not behind what it has. */
  'last-sent-offset': {
    edits: [
      {
        file: runObject,
        find: '    const afterSeq = Number(request.headers.get(AFTER_HEADER) ?? 0);',
        replace: `    const asked = Number(request.headers.get(AFTER_HEADER) ?? 0);
    const afterSeq = asked === 0 ? 0 : Math.max(asked, this.sentSeq);`,
      },
      {
        file: runObject,
        find: '      render: (entry: LogEntry) => form(entry),',
        replace: `      render: (entry: LogEntry) => {
        this.sentSeq = Math.max(this.sentSeq, entry.seq);
        return form(entry);
      },`,
      },
      {
        file: runObject,
        find: '  readonly #host: RunHost;',
        replace: '  sentSeq = 0;\n  readonly #host: RunHost;',
      },
    ],
    kills: 30,
    histories: 0,
    breaks: ['streams.bytesWrong'],
  },
  /** RC-09. A follower goes on behind as many bytes as it has characters. */
  'character-offsets': {
    edits: [
      {
        file: runObject,
        find: '    this.ctx.waitUntil(followLog(log, textSink(writable), { afterSeq, keepAliveMs: KEEP_ALIVE_MS }));',
        replace: `    const had = this.#host.log(0, 10_000).filter(({ seq }) => seq <= afterSeq);
    const passed = had.map((entry) => form(entry)).join('').length;
    this.ctx.waitUntil(followLog(log, textSink(writable, passed), { afterSeq: 0, keepAliveMs: KEEP_ALIVE_MS }));`,
      },
      {
        file: runObject,
        find: 'function textSink(writable: WritableStream<Uint8Array>): LogSink {',
        replace: 'function textSink(writable: WritableStream<Uint8Array>, passed: number): LogSink {',
      },
      {
        file: runObject,
        find: '    write: (text) => writer.write(encoder.encode(text)),',
        replace: `    write: async (text) => {
      const bytes = encoder.encode(text);
      const from = Math.min(passed, bytes.length);
      passed -= from;
      if (from < bytes.length) await writer.write(bytes.subarray(from));
    },`,
      },
    ],
    kills: 20,
    histories: 0,
    breaks: ['streams.bytesWrong', 'kills.notDurable'],
  },
  /** RC-11. A model's connection that closes is taken for the end of its answer. */
  'close-is-done': {
    edits: [
      {
        file: 'src/hosts/relay-stream.ts',
        find: "      return record.isAnswered || record.isFinished ? null : { kind: 'stream-cut' };",
        replace: '      return null;',
      },
    ],
    kills: 30,
    histories: 0,
    breaks: ['kills.answersCut'],
  },
  /** RC-12. Work that was given up is not told so. */
  'orphan-attempts': {
    edits: [
      { file: 'src/hosts/run-host.ts', find: '    live.abort.abort();\n', replace: '' },
      { file: 'src/hosts/live-turn.ts', find: '    this.abort.abort();\n', replace: '' },
    ],
    kills: 100,
    histories: 0,
    breaks: ['kills.orphans'],
  },
  /** RC-32. A step's outcome is shown first and put into the journal later. */
  'journal-later': {
    edits: [
      {
        file: runStore,
        find: '        for (const write of writes) writeRow(sql, write);',
        replace: `        for (const write of writes) {
          if (write.kind !== 'step' || write.step.status.kind !== 'settled') writeRow(sql, write);
          else setTimeout(() => writeRow(sql, write), 120);
        }`,
      },
    ],
    kills: 40,
    histories: 0,
    breaks: ['kills.stepsTwice'],
  },
  /** RC-03. Reads are answered from a copy that the Worker keeps for a moment. */
  'stale-reads': {
    edits: [
      {
        file: 'functions/v1/sessions.ts',
        find: "  const page = take<LogPage>(await sessionOf(c).page(c.get('tenant').id, after));",
        replace: `  const copies = (globalThis.copies ??= new Map());
  const copy = copies.get(c.req.url);
  const isFresh = copy !== undefined && Date.now() - copy.atMs < 200;
  const page = isFresh ? copy.page : take<LogPage>(await sessionOf(c).page(c.get('tenant').id, after));
  if (!isFresh) copies.set(c.req.url, { page, atMs: Date.now() });`,
      },
    ],
    kills: 0,
    histories: 12,
    breaks: ['histories.violations'],
  },
};
