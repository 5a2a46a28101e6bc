// How an isolate follows the rules of its tenants. A request is served from what is here; what is older than a moment is followed up behind
// its back, by one request at a time; what was good last serves for as long as the tenant's object says nothing. Shared by all requests of
// an isolate, so it holds plain data only: every call to the outside uses the ports of the request that makes it.
import { err, ok, type Result } from '../core/base/result.ts';
import type { PublishedRules } from '../core/store/shared-rules.ts';
import {
  SnapshotShelf,
  type RuleSnapshot,
  type ShelfBounds,
  type ShelfEntry,
  type ShelfRow,
  type ShelfStatus,
} from './snapshot-shelf.ts';

/** What one request lends while it runs. */
export interface SnapshotPorts<R> {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
  /** Asks the store that speaks for the tenant's object, or the object. May throw, and may never answer. */
  follow(tenant: string, knownGeneration: number): Promise<PublishedRules>;
  parse(document: string): Result<R, string>;
  /** What the tenant's file says, and its fingerprint. */
  file(tenant: string): { readonly rules: R; readonly hash: string };
}

/** Up to this age rules serve and nobody is asked. */
const freshMs = 2_000;
/** Up to this age rules serve while newer ones are asked for; beyond, a request waits a moment for the answer. Every isolate follows a
 * publication within `followMsMax`: this age, and the wait. */
const lateMs = 4_000;
/** Longest wait for newer rules than the ones that are here: some round trips across a continent. */
const lateWaitMs = 400;
/** Longest wait of a tenant's first request: its object may be far away and at rest. */
const firstWaitMs = 1_000;
/** A question without an answer by now has none; the next request may ask. */
const answerMsMax = 1_500;
/** Between a question that failed and the next: an object in trouble is not hammered. */
const retryMs = 1_000;
/** An object that failed within this time is not waited for. Longer than one question and the pause after it, so that steady traffic to a
 * dead object never waits twice. */
const silentMs = 10_000;
/** How often a request looks whether the question of another one is answered. */
const lookMs = 5;
/** What a publication may take to be everywhere. */
export const followMsMax = 5_000;

export class RuleSnapshots<R> {
  readonly #shelf: SnapshotShelf<R>;

  constructor(bounds?: ShelfBounds) {
    this.#shelf = new SnapshotShelf(bounds);
  }

  /** The rules to serve a request by: at once, unless nothing is here or what is here is late. Never throws; waits `firstWaitMs` at most. */
  rulesFor(tenant: string, ports: SnapshotPorts<R>): RuleSnapshot<R> | Promise<RuleSnapshot<R>> {
    const nowMs = ports.now();
    const known = this.#shelf.get(tenant);
    if (known !== undefined && nowMs - known.checkedMs <= freshMs) return known.snapshot;
    const entry = known ?? this.#enter(tenant, ports);
    // Before a question is asked, which may fail at once: what counts is what was known when the request came.
    const isSilent = entry.failedMs !== null && nowMs - entry.failedMs < silentMs;
    const isLate = nowMs - entry.checkedMs > lateMs;
    const question = this.#askInTurn(tenant, entry, ports);
    return isLate && !isSilent ? this.#await(entry, question, ports) : this.#serve(entry, nowMs);
  }

  /** Takes in an answer that somebody else in this isolate has got; `askedMs` is when that one asked. */
  learn(tenant: string, answer: PublishedRules, askedMs: number, ports: SnapshotPorts<R>): void {
    const entry = this.#shelf.get(tenant) ?? this.#enter(tenant, ports);
    this.#take({ tenant, entry, askedMs, ports }, answer);
  }

  status(nowMs: number): ShelfStatus {
    return this.#shelf.status(nowMs);
  }

  tenantStatus(tenant: string, nowMs: number): ShelfRow | null {
    return this.#shelf.row(tenant, nowMs);
  }

  #enter(tenant: string, ports: SnapshotPorts<R>): ShelfEntry<R> {
    const { rules, hash } = ports.file(tenant);
    return this.#shelf.add(tenant, { rules, version: 0, generation: 0, hash, source: 'file-unconfirmed' });
  }

  #serve(entry: ShelfEntry<R>, nowMs: number): RuleSnapshot<R> {
    const { counts } = this.#shelf;
    if (entry.snapshot.source === 'file-unconfirmed') counts.servedUnconfirmed += 1;
    else if (nowMs - entry.checkedMs > followMsMax) counts.servedOld += 1;
    return entry.snapshot;
  }

  async #await(
    entry: ShelfEntry<R>,
    question: Promise<void> | null,
    ports: SnapshotPorts<R>,
  ): Promise<RuleSnapshot<R>> {
    this.#shelf.counts.waited += 1;
    const waitMs = entry.knownGeneration === -1 ? firstWaitMs : lateWaitMs;
    if (question !== null) await withinTime(question, waitMs, ports);
    else {
      // A promise of another request may end with that request; its traces in plain data do not.
      const untilMs = ports.now() + waitMs;
      while (entry.askingUntilMs !== 0 && ports.now() < untilMs) await ports.sleep(lookMs);
    }
    return this.#serve(entry, ports.now());
  }

  /** Asks the object, unless somebody is asking or it has just failed; null = this request does not ask. */
  #askInTurn(tenant: string, entry: ShelfEntry<R>, ports: SnapshotPorts<R>): Promise<void> | null {
    const nowMs = ports.now();
    if (entry.askingUntilMs > nowMs) return null;
    if (entry.failedMs !== null && nowMs - entry.failedMs < retryMs) return null;
    entry.askingUntilMs = nowMs + answerMsMax;
    this.#shelf.touch(tenant);
    const question = this.#ask({ tenant, entry, askedMs: nowMs, ports });
    ports.waitUntil(question);
    return question;
  }

  /** Never throws. */
  async #ask(question: Question<R>): Promise<void> {
    const { tenant, entry, ports } = question;
    const turn = entry.askingUntilMs;
    this.#shelf.counts.asked += 1;
    const answered = askObject(tenant, entry.knownGeneration, ports);
    const answer = await withinTime(answered, answerMsMax, ports);
    // A question that was given up and comes back finds another in its place, and leaves that alone.
    if (entry.askingUntilMs === turn) entry.askingUntilMs = 0;
    if (answer === null) this.#fail(entry, ports.now());
    else this.#take(question, answer);
  }

  #take({ tenant, entry, askedMs, ports }: Question<R>, answer: PublishedRules): void {
    if (answer.generation < entry.knownGeneration) {
      // Asked before the newer answer was: no news. Asked after: the object has forgotten something, and is not believed.
      if (askedMs <= entry.checkedMs) return;
      this.#shelf.counts.behind += 1;
      return this.#fail(entry, ports.now());
    }
    if (answer.generation === entry.knownGeneration) this.#shelf.counts.unchanged += 1;
    else this.#replace(tenant, entry, readRules(tenant, answer, ports), answer);
    entry.checkedMs = Math.max(entry.checkedMs, askedMs);
    entry.failedMs = null;
    entry.failures = 0;
  }

  #replace(tenant: string, entry: ShelfEntry<R>, read: Result<R, string>, answer: PublishedRules): void {
    const { version, generation, hash, document } = answer;
    const { counts } = this.#shelf;
    // Also when it cannot be read: asking for it again would not change that.
    entry.knownGeneration = generation;
    entry.unreadable = read.ok ? null : read.error;
    if (!read.ok) return void (counts.unreadable += 1);
    counts.changed += 1;
    const source = generation === 0 ? 'file' : 'published';
    this.#shelf.replace(
      tenant,
      { rules: read.value, version, generation, hash, source },
      document?.length ?? 0,
    );
  }

  #fail(entry: ShelfEntry<R>, nowMs: number): void {
    this.#shelf.counts.failed += 1;
    entry.failedMs = nowMs;
    entry.failures += 1;
  }
}

interface Question<R> {
  readonly tenant: string;
  readonly entry: ShelfEntry<R>;
  readonly askedMs: number;
  readonly ports: SnapshotPorts<R>;
}

function readRules<R>(
  tenant: string,
  { generation, document }: PublishedRules,
  ports: SnapshotPorts<R>,
): Result<R, string> {
  if (generation === 0) return ok(ports.file(tenant).rules);
  return document === null ? err('the answer has no rules in it') : ports.parse(document);
}

async function askObject<R>(
  tenant: string,
  knownGeneration: number,
  ports: SnapshotPorts<R>,
): Promise<PublishedRules | null> {
  try {
    return await ports.follow(tenant, knownGeneration);
  } catch {
    return null;
  }
}

/** Null when the work, which never throws, takes longer. */
async function withinTime<T, R>(work: Promise<T>, ms: number, ports: SnapshotPorts<R>): Promise<T | null> {
  const done = new AbortController();
  const late = ports.sleep(ms, done.signal).then(
    () => null,
    () => null,
  );
  const first = await Promise.race([work, late]);
  done.abort();
  return first;
}
