// Clients of a simulated session: they send under keys, again and again until they have an answer, in copies, with and without streams,
// cancel what they sent and cut the log. They remember what they were told; the rows must agree, then and at the end.
import { drawInteger } from '../core/base/rng.ts';
import { replayText } from '../core/session/log-event.ts';
import type { FollowedTurn } from '../hosts/turn-reader.ts';
import type { PostRequest, SessionHost } from '../hosts/session-host.ts';
import { awaitTurn, renderTurn, streamTurn } from '../hosts/turn-stream.ts';
import type { TurnSource } from '../hosts/turn-stream.ts';
import { SessionRecorder } from './session-recorder.ts';
import type { SessionWorld } from './session-world.ts';

/** After these a message is not sent again. */
const finalKinds = new Set([
  'turn-cancelled',
  'turn-truncated',
  'idempotency-mismatch',
  'seq-mismatch',
  'unknown-session',
]);

/** A message that is not answered after so many sends shows that the session does not come back. */
const sendsMax = 2_000;

interface Told {
  readonly id: string;
  readonly messages: readonly { readonly seq: number; readonly content: string }[];
}

export interface ClientBugs {
  /** An edge that looks for the key, waits, and then sends a message whose key it did not find as a new one. */
  readonly awaitsAfterKeyCheck?: boolean;
}

export class SessionClients {
  readonly #world: SessionWorld;
  readonly #bugs: ClientBugs;
  /** Open messages by key; done when it is empty. */
  readonly open = new Set<string>();
  readonly #answers = new Map<string, string>();
  readonly #cancelled = new Set<string>();
  readonly #recorder = new SessionRecorder();
  answered = 0;
  refused = 0;

  constructor(world: SessionWorld, bugs: ClientBugs = {}) {
    this.#world = world;
    this.#bugs = bugs;
  }

  /** Sends a message under a key until it is answered or refused for good. */
  send(key: string, stream: boolean, expects: boolean): void {
    this.open.add(key);
    this.#recorder.sent(`body of ${key}`, this.#world.clock.nowMs);
    this.#try(key, { stream, expects, left: sendsMax });
  }

  /** Sends a message once, without a key: what becomes of it is unknown when the object dies. */
  sendOnce(content: string): void {
    this.#recorder.sent(content, this.#world.clock.nowMs);
    this.#post({ ...request(null, content), expectedSeq: null }, false, () => {});
  }

  cancel(turn: string): void {
    this.#world.enter((host) => {
      const before = host.turn('demo', turn);
      const done = host.command({ kind: 'cancel', tenant: 'demo', turn });
      if (!done.ok || !before.ok || !this.#world.isLive(host)) return;
      if (before.value.status.kind === 'queued' || before.value.status.kind === 'running')
        this.#cancelled.add(turn);
    });
  }

  truncate(keep: number): void {
    this.#world.enter((host) => {
      const afterSeq = (host.state?.tail.seq ?? 0) - keep;
      this.#recorder.cut();
      if (afterSeq >= 0) host.command({ kind: 'truncate', tenant: 'demo', afterSeq });
    });
  }

  /** Reads the whole log, as a client that pages through it. */
  read(): void {
    this.#world.enter((host) => {
      const messages = [];
      for (let more = true; more;) {
        const page = host.page('demo', messages.at(-1)?.seq ?? 0);
        if (!page.ok) return;
        messages.push(...page.value.messages);
        more = page.value.hasMore && page.value.messages.length > 0;
      }
      this.#recorder.read(messages, this.#world.clock.nowMs);
    });
  }

  /** Everything that was told, against the rows as they are now. */
  check(): void {
    const { store, violations } = this.#world;
    violations.push(...this.#recorder.check());
    const state = store.load();
    const log = store.messagesAfter(0);
    for (const [key, answer] of this.#answers) {
      const told = JSON.parse(answer) as Told;
      const status = state?.turns.get(told.id)?.status.kind;
      if (status === 'truncated') continue;
      for (const { seq, content } of told.messages) {
        if (store.message(seq)?.content !== content)
          violations.push(`acknowledged, not stored: ${seq} of ${key}`);
      }
      const copies = log.filter(({ role, content }) => role === 'user' && content === `body of ${key}`);
      if (copies.length > 1) violations.push(`${key} is ${copies.length} times in the log`);
    }
    for (const turn of this.#cancelled) {
      const status = state?.turns.get(turn)?.status.kind;
      if (status !== 'cancelled') violations.push(`cancelled ${turn} is ${status}`);
    }
  }

  #try(
    key: string,
    how: { readonly stream: boolean; readonly expects: boolean; readonly left: number },
  ): void {
    if (!this.open.has(key)) return;
    if (how.left === 0) {
      this.#world.violations.push(`${key} is never answered`);
      return;
    }
    const again = (): void =>
      this.#world.clock.after(drawInteger(this.#world.rng, 20, 400), () =>
        this.#try(key, { ...how, left: how.left - 1 }),
      );
    const isFirst = how.left === sendsMax;
    const expectedSeq = how.expects && isFirst ? (this.#world.store.load()?.tail.seq ?? 0) : null;
    this.#post({ ...request(key, `body of ${key}`), expectedSeq }, how.stream, (answer) => {
      if (answer.kind === 'told') this.#note(key, answer.text);
      else if (answer.kind === 'failed' && finalKinds.has(answer.failure)) this.#end(key);
      else again();
    });
  }

  #note(key: string, answer: string): void {
    const before = this.#answers.get(key);
    if (before !== undefined && before !== answer) this.#world.violations.push(`${key} has two answers`);
    this.#answers.set(key, answer);
    this.answered += 1;
    const seqs = (JSON.parse(answer) as Told).messages.map(({ seq }) => seq);
    this.#recorder.told(`body of ${key}`, seqs, this.#world.clock.nowMs);
    this.open.delete(key);
    for (const { seq, content } of (JSON.parse(answer) as Told).messages) {
      if (this.#world.store.message(seq)?.content !== content)
        this.#world.violations.push(`acknowledged, not stored: ${seq} of ${key}`);
    }
  }

  #end(key: string): void {
    this.refused += 1;
    this.open.delete(key);
  }

  #post(asked: PostRequest, stream: boolean, done: (answer: Answer) => void): void {
    const { world } = { world: this.#world };
    if (this.#bugs.awaitsAfterKeyCheck !== true) return this.#send(asked, stream, done);
    const isKnown = [...(world.store.load()?.turns.values() ?? [])].some(({ key }) => key === asked.key);
    const key = isKnown || asked.key === null ? asked.key : `${asked.key}#${world.calls}`;
    world.clock.after(5, () => this.#send({ ...asked, key }, stream, done));
  }

  #send(asked: PostRequest, stream: boolean, done: (answer: Answer) => void): void {
    let isOver = false;
    const once = (answer: Answer): void => {
      if (isOver) return;
      isOver = true;
      done(answer);
    };
    const lives = this.#world.enter((host) => {
      const followed = host.post(asked);
      if (!this.#world.isLive(host)) return;
      if (!followed.ok) return once({ kind: 'failed', failure: followed.error.kind });
      const release = this.#world.onCrash(() => once({ kind: 'lost' }));
      const source = sourceOf(host, this.#world);
      const work = stream
        ? this.#stream(source, followed.value, once)
        : awaitTurn(source, followed.value).then((answer) =>
            once(
              answer.ok
                ? { kind: 'told', text: JSON.stringify(renderTurn(answer.value)) }
                : { kind: 'failed', failure: answer.error.kind },
            ),
          );
      void work.catch(() => once({ kind: 'lost' })).finally(release);
    });
    if (!lives) once({ kind: 'lost' });
  }

  /** Takes a turn as events, and holds each piece of text against the rows. */
  async #stream(source: TurnSource, followed: FollowedTurn, once: (answer: Answer) => void): Promise<void> {
    let seen = '';
    const write = async (frame: string): Promise<void> => {
      const [, kind = '', data = '{}'] = /^id: \d+\nevent: (\S+)\ndata: (.*)\n\n/.exec(frame) ?? [];
      const body = JSON.parse(data) as { text?: string; chars?: number; error?: { code: string } };
      if (kind === 'turn.segment') seen = seen.slice(0, body.chars);
      if (kind === 'message.delta') {
        seen += body.text ?? '';
        if (!this.#isDurable(followed, seen)) this.#world.violations.push(`seen, not durable: ${seen}`);
      }
      if (kind === 'turn.completed') {
        const answer = (JSON.parse(data) as Told).messages.at(-1)?.content;
        if (answer !== seen) this.#world.violations.push(`streamed ${seen}, stored ${answer}`);
        once({ kind: 'told', text: data });
      }
      if (kind === 'error') once({ kind: 'failed', failure: kindOf(body.error?.code ?? '') });
    };
    await streamTurn(source, followed, { write, close: async () => {}, abort: () => {} }, 5_000);
    once({ kind: 'lost' });
  }

  /** Whether the text was on disk at some time of the attempt: a boundary may have made it void since. */
  #isDurable(followed: FollowedTurn, seen: string): boolean {
    const facts = this.#world.store.rows().events.map(({ fact }) => fact);
    const mine = facts.flatMap((fact, at) =>
      (fact.kind === 'text' || fact.kind === 'segment') && fact.turn === followed.turn ? [at] : [],
    );
    return mine.some((at) => replayText(facts.slice(0, at + 1), followed).startsWith(seen));
  }
}

type Answer =
  | { readonly kind: 'told'; readonly text: string }
  | { readonly kind: 'failed'; readonly failure: string }
  /** The line broke: whether the message was taken is unknown. */
  | { readonly kind: 'lost' };

function request(key: string | null, content: string): Omit<PostRequest, 'expectedSeq'> {
  return { tenant: 'demo', requestId: 'r', key, bodyHash: content, content, turnMsMax: 20_000 };
}

function kindOf(code: string): string {
  return code === 'turn_cancelled' || code === 'turn_superseded'
    ? 'turn-cancelled'
    : code.replaceAll('_', '-');
}

function sourceOf(host: SessionHost, world: SessionWorld): TurnSource {
  return {
    read: (followed, seq) => host.read(followed, seq),
    outcome: (followed) => host.outcome(followed),
    changed: (delayMs) => host.recent.changed(delayMs),
    leave: () => host.leave(),
    setTimer: (delayMs, run) => {
      let cancelled = false;
      world.clock.after(delayMs, () => {
        if (!cancelled) run();
      });
      return () => {
        cancelled = true;
      };
    },
  };
}
