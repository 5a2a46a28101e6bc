// Where an isolate keeps its tenants' rules: a bounded number of tenants and of characters, the ones asked about longest ago making room; and
// what it counts on the way. Plain data, no I/O.

/** Where rules come from: a published version; the file, because nothing was published; the file, because the object has not answered yet. */
export type RuleSource = 'published' | 'file' | 'file-unconfirmed';

export interface RuleSnapshot<R> {
  readonly rules: R;
  readonly version: number;
  readonly generation: number;
  readonly hash: string;
  readonly source: RuleSource;
}

/** What is known of one tenant. */
export interface ShelfEntry<R> {
  snapshot: RuleSnapshot<R>;
  /** When the question was asked that confirmed the snapshot last; -Infinity = never. */
  checkedMs: number;
  /** The newest generation that was answered, also when it could not be read; -1 = none. */
  knownGeneration: number;
  /** Until then one request's question is on its way; 0 = none is. */
  askingUntilMs: number;
  /** When a question failed last, if no answer came since. */
  failedMs: number | null;
  /** Questions that failed in a row. */
  failures: number;
  /** Why the newest version is not the snapshot; null = it is. */
  unreadable: string | null;
  /** Of the published rules. */
  chars: number;
}

/** Counts since the isolate began. */
export interface SnapshotCounts {
  asked: number;
  changed: number;
  unchanged: number;
  failed: number;
  /** Answers older than what is here: from an object that has lost its latest writes, or is about to end. */
  behind: number;
  /** Versions that this deployment cannot read. */
  unreadable: number;
  /** Requests that waited for an answer. */
  waited: number;
  /** Requests served by rules that nobody had confirmed for as long as a publication may take. */
  servedOld: number;
  /** Requests served by the file without a word from the object. */
  servedUnconfirmed: number;
  evicted: number;
}

export interface ShelfRow {
  readonly tenant: string;
  readonly version: number;
  readonly generation: number;
  readonly hash: string;
  readonly source: RuleSource;
  /** Since the object confirmed this version; null = it never did. */
  readonly ageMs: number | null;
  readonly failures: number;
  readonly unreadable: string | null;
}

export interface ShelfStatus {
  readonly tenants: number;
  readonly chars: number;
  readonly counts: Readonly<SnapshotCounts>;
  /** The ones that were confirmed longest ago. */
  readonly oldest: readonly ShelfRow[];
}

export interface ShelfBounds {
  readonly tenantsMax: number;
  readonly charsMax: number;
}

/** Parsed rules take some ten times their text, and an isolate has 128 MB for everything. */
const shelfBounds: ShelfBounds = { tenantsMax: 10_000, charsMax: 4 * 1024 * 1024 };
/** What a person looks through. */
const rowsMax = 20;

export class SnapshotShelf<R> {
  /** In the order in which they were last asked about. */
  readonly #entries = new Map<string, ShelfEntry<R>>();
  readonly #bounds: ShelfBounds;
  readonly counts: SnapshotCounts = {
    asked: 0,
    changed: 0,
    unchanged: 0,
    failed: 0,
    behind: 0,
    unreadable: 0,
    waited: 0,
    servedOld: 0,
    servedUnconfirmed: 0,
    evicted: 0,
  };
  #chars = 0;

  constructor(bounds: ShelfBounds = shelfBounds) {
    this.#bounds = bounds;
  }

  get(tenant: string): ShelfEntry<R> | undefined {
    return this.#entries.get(tenant);
  }

  add(tenant: string, snapshot: RuleSnapshot<R>): ShelfEntry<R> {
    const entry: ShelfEntry<R> = {
      snapshot,
      checkedMs: -Infinity,
      knownGeneration: -1,
      askingUntilMs: 0,
      failedMs: null,
      failures: 0,
      unreadable: null,
      chars: 0,
    };
    this.#entries.set(tenant, entry);
    this.#makeRoom(tenant);
    return entry;
  }

  /** Moves a tenant away from the end that makes room. */
  touch(tenant: string): void {
    const entry = this.#entries.get(tenant);
    if (entry === undefined) return;
    this.#entries.delete(tenant);
    this.#entries.set(tenant, entry);
  }

  /** Puts newer rules in a tenant's place; `chars` is the length of their text. */
  replace(tenant: string, snapshot: RuleSnapshot<R>, chars: number): void {
    const entry = this.#entries.get(tenant);
    if (entry === undefined) return;
    this.#chars += chars - entry.chars;
    entry.snapshot = snapshot;
    entry.chars = chars;
    this.#makeRoom(tenant);
  }

  row(tenant: string, nowMs: number): ShelfRow | null {
    const entry = this.#entries.get(tenant);
    return entry === undefined ? null : rowOf(tenant, entry, nowMs);
  }

  status(nowMs: number): ShelfStatus {
    const oldest = [...this.#entries].toSorted(([, a], [, b]) => a.checkedMs - b.checkedMs).slice(0, rowsMax);
    return {
      tenants: this.#entries.size,
      chars: this.#chars,
      counts: { ...this.counts },
      oldest: oldest.map(([tenant, entry]) => rowOf(tenant, entry, nowMs)),
    };
  }

  /** `spared` stays: somebody is being served by it. */
  #makeRoom(spared: string): void {
    const { tenantsMax, charsMax } = this.#bounds;
    for (const [tenant, { chars }] of this.#entries) {
      if (this.#entries.size <= tenantsMax && this.#chars <= charsMax) return;
      if (tenant === spared) continue;
      this.#entries.delete(tenant);
      this.#chars -= chars;
      this.counts.evicted += 1;
    }
  }
}

function rowOf<R>(tenant: string, entry: ShelfEntry<R>, nowMs: number): ShelfRow {
  const { version, generation, hash, source } = entry.snapshot;
  return {
    tenant,
    version,
    generation,
    hash,
    source,
    ageMs: entry.checkedMs === -Infinity ? null : nowMs - entry.checkedMs,
    failures: entry.failures,
    unreadable: entry.unreadable,
  };
}
