// A session with everything around it in memory: a clock that tests move, a model that speaks when told, clients that write down
// what they were told, and deaths at any commit. The host under it is the one that runs in production.
import { err, ok } from '../../../src/core/base/result.ts';
import { nextWakeMs } from '../../../src/core/session/decide-session.ts';
import { SessionHost, type PostRequest } from '../../../src/hosts/session-host.ts';
import type { SessionPorts, TurnAsk, TurnReply } from '../../../src/hosts/session-ports.ts';
import { awaitTurn, renderTurn, streamTurn } from '../../../src/hosts/turn-stream.ts';
import type { TurnSource } from '../../../src/hosts/turn-stream.ts';
import type { FollowedTurn } from '../../../src/hosts/turn-reader.ts';
import { LARGE_VOCABULARY } from '../../../src/core/session/estimate-tokens.ts';
import type { TurnRoute } from '../../../src/core/session/session-events.ts';
import type { NewSession } from '../../../src/core/session/session-state.ts';
import { replayText } from '../../../src/core/session/log-event.ts';
import { MemorySessionStore, PowerCut } from '../../../src/sim/session-rows.ts';

type PostTerms = Pick<PostRequest, 'criticality' | 'waitsMs'>;

interface ModelCall {
  readonly life: number;
  readonly ask: TurnAsk;
  said: string;
  say(text: string): void;
  end(text: string | null): void;
}

export const newSession: NewSession = {
  id: 'sess_1',
  tenant: 'demo',
  model: 'm',
  metadata: {},
  policy: 'reject',
  ttlMs: 30 * 24 * 60 * 60 * 1000,
  instructions: null,
  summaries: 'off',
  origin: null,
  filling: false,
};

export class SessionWorld {
  readonly store = new MemorySessionStore();
  nowMs = 1_000_000;
  life = 0;
  calls: ModelCall[] = [];
  /** What clients were told: whole answers by key, and violations of "durable before seen". */
  answers = new Map<string, Set<string>>();
  violations: string[] = [];
  refusals: string[] = [];
  host: SessionHost;
  #timers: { atMs: number; life: number; run: () => void }[] = [];
  #minted = 0;
  route: TurnRoute = {
    kind: 'model',
    pool: 'p',
    version: 'v@1',
    contextTokensMax: 1000,
    gauge: LARGE_VOCABULARY,
  };
  cancelledRuns: string[] = [];

  constructor(more: Partial<NewSession> = {}) {
    this.host = this.#awake();
    this.host.create({ ...newSession, ...more });
  }

  /** The process dies and another begins; nothing of the old one does anything any more. */
  die(): void {
    this.store.fuse = null;
    this.host = this.#awake();
  }

  /** Posts as a client that wants JSON, or events; undefined when the object died under it. */
  post(key: string | null, content: string, stream = false, terms: PostTerms = {}): void {
    const life = this.life;
    try {
      const posted = this.host.post({
        tenant: 'demo',
        requestId: 'r',
        key,
        bodyHash: content,
        content,
        expectedSeq: null,
        turnMsMax: 600_000,
        ...terms,
      });
      if (!posted.ok) this.refusals.push(posted.error.kind);
      else if (stream) void this.#followStream(posted.value, key, life);
      else void this.#followAnswer(posted.value, key, life);
    } catch (error) {
      // A full disk fails the request alone; only a power cut ends the object.
      if (error instanceof PowerCut && this.life === life) this.die();
    }
  }

  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.nowMs);
    for (const timer of due) if (timer.life === this.life) timer.run();
    if ((nextWakeMs(this.store.load()) ?? Infinity) <= this.nowMs) this.#tick();
    await settle();
  }

  /** The running call of the present life, if there is one. */
  get call(): ModelCall | undefined {
    return this.calls.findLast((call) => call.life === this.life && !call.ask.signal.aborted);
  }

  #tick(): void {
    try {
      this.host.tick();
    } catch {
      this.die();
    }
  }

  #awake(): SessionHost {
    this.life += 1;
    const life = this.life;
    const ports: SessionPorts = {
      store: this.#storeOf(life),
      runTurn: (ask, onText) => this.#runTurn(life, ask, onText),
      routeModel: () => ok(this.route),
      cancelRun: async ({ turn }) => void this.cancelledRuns.push(turn),
      onCommitted: () => {},
      onErased: () => {},
      now: () => this.nowMs,
      newTurnId: () => `turn${(this.#minted += 1)}`,
      setTimer: (delayMs, run) => {
        const timer = { atMs: this.nowMs + delayMs, life, run };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((other) => other !== timer));
      },
      setWake: () => {},
      waitUntil: (work) => void work.catch((error: unknown) => this.violations.push(String(error))),
      crash: () => {
        if (this.life === life) this.die();
      },
    };
    return new SessionHost(ports);
  }

  /** The rows as one life sees them: a dead one can neither write nor read them, as the platform promises. */
  #storeOf(life: number): SessionPorts['store'] {
    const { store } = this;
    const alive = <T>(act: () => T): T => {
      if (this.life !== life) throw new Error('this life is over');
      return act();
    };
    return {
      load: () => store.load(),
      commit: (writes) => alive(() => store.commit(writes)),
      message: (seq) => alive(() => store.message(seq)),
      messagesAfter: (seq) => alive(() => store.messagesAfter(seq)),
      messagesUpTo: (seq) => alive(() => store.messagesUpTo(seq)),
      eventsAfter: (seq) => alive(() => store.eventsAfter(seq)),
    };
  }

  #runTurn(
    life: number,
    ask: TurnAsk,
    onText: (text: string) => Promise<void>,
  ): ReturnType<SessionPorts['runTurn']> {
    return new Promise((resolve) => {
      const served: TurnReply['served'] = { version: 'v@1', warmth: 'hot', waitMs: 1 };
      const call: ModelCall = {
        life,
        ask,
        said: '',
        say: (text) => {
          call.said += text;
          void onText(text);
        },
        end: (text) =>
          resolve(
            text === null
              ? err({ kind: 'stream-cut' })
              : ok({ text: call.said + text, usage: { promptTokens: 1, completionTokens: 1 }, served }),
          ),
      };
      this.calls.push(call);
    });
  }

  async #followAnswer(followed: FollowedTurn, key: string | null, life: number): Promise<void> {
    const answer = await awaitTurn(this.#source(), followed);
    if (this.life !== life) return;
    if (!answer.ok) this.refusals.push(answer.error.kind);
    else this.#told(key, JSON.stringify(renderTurn(answer.value)));
  }

  async #followStream(followed: FollowedTurn, key: string | null, life: number): Promise<void> {
    let seen = '';
    const write = async (event: string): Promise<void> => {
      if (this.life !== life) throw new Error('the connection died with the object');
      const [, kind = '', data = '{}'] = /^id: \d+\nevent: (\S+)\ndata: (.*)\n\n/.exec(event) ?? [];
      if (kind === 'message.delta') {
        seen += (JSON.parse(data) as { text: string }).text;
        if (!this.#durableText(followed).startsWith(seen)) this.violations.push(`seen, not durable: ${seen}`);
      }
      if (kind === 'turn.completed') this.#told(key, data, seen);
    };
    await streamTurn(this.#source(), followed, { write, close: async () => {}, abort: () => {} }, 5000);
  }

  #told(key: string | null, answer: string, seen?: string): void {
    const { messages } = JSON.parse(answer) as { messages: { seq: number; content: string }[] };
    for (const { seq, content } of messages) {
      if (this.store.message(seq)?.content !== content)
        this.violations.push(`acknowledged, not stored: ${content}`);
    }
    if (seen !== undefined && messages[1]?.content !== seen)
      this.violations.push(`streamed ${seen}, stored another`);
    if (key !== null) this.answers.set(key, (this.answers.get(key) ?? new Set()).add(answer));
  }

  #durableText(followed: FollowedTurn): string {
    return replayText(
      this.store.rows().events.map(({ fact }) => fact),
      followed,
    );
  }

  /** The text events on disk, piece by piece. */
  get pieces(): readonly string[] {
    return this.store.rows().events.flatMap(({ fact }) => (fact.kind === 'text' ? [fact.text] : []));
  }

  /** Reads through the host of the life in which the follower began. */
  #source(): TurnSource {
    const host = this.host;
    return {
      read: (followed, seq) => host.read(followed, seq),
      outcome: (followed) => host.outcome(followed),
      changed: (delayMs) => host.recent.changed(delayMs),
      leave: () => host.leave(),
      setTimer: (delayMs, run) => {
        const timer = { atMs: this.nowMs + delayMs, life: this.life, run };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((other) => other !== timer));
      },
    };
  }
}

/** Lets everything that is ready run to its next wait. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
