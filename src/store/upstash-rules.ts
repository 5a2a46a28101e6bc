// Published rules in Upstash Redis, beside the tenants' objects, which stay their owners: what one edge has learned from an object speaks for it
// for half a second to all edges, and when the object does not answer, what was good last. One hash for each tenant: head, document, generation.
import type { StoreTimes } from '../core/store/store-bounds.ts';
import {
  isFresh,
  isTextOf,
  readRulesHead,
  renderRulesHead,
  sharedKeepMs,
  type PublishedRules,
  type RulesHead,
} from '../core/store/shared-rules.ts';
import { boundedCall, GarbageError } from './bounded-call.ts';
import type { RulesOrigin, RulesStore } from './edge-store.ts';
import { upstashCall, upstashClient, type UpstashAccess } from './upstash-client.ts';

/** KEYS: the hash. ARGV: generation, head, document ('' = the one that is there), how long it is kept. An older generation replaces nothing; what is
 * no number is no generation. */
const writeScript = `
local kept = tonumber(redis.call('HGET', KEYS[1], 'generation') or '')
local given = tonumber(ARGV[1])
if kept and kept > given and kept < 2 ^ 53 then return 0 end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'document', ARGV[3])
elseif kept ~= given and given ~= 0 then return 0 end
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'head', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`;

export interface UpstashRulesPorts {
  readonly origin: RulesOrigin;
  now(): number;
  /** Keeps work alive that nobody waits for. */
  background(work: Promise<unknown>): void;
}

export function upstashRules(access: UpstashAccess, ports: UpstashRulesPorts, times: StoreTimes): RulesStore {
  const shared = new SharedRules(access, times);
  return {
    followRules: async (tenant, knownGeneration) => {
      const head = await shared.head(tenant);
      if (head !== null && isFresh(head, ports.now())) {
        const known = await shared.answerBy(head, knownGeneration);
        if (known !== null) return { ok: true, value: known };
      }
      const askedMs = ports.now();
      // The document is needed here too, unless it is there.
      const asked = head?.generation === knownGeneration ? knownGeneration : -1;
      const answer = await boundedCall(times.rulesOriginMs, () => ports.origin(tenant, asked));
      if (answer.ok) {
        const rules = answer.value;
        ports.background(shared.write(tenant, rules, askedMs));
        return {
          ok: true,
          value: rules.generation === knownGeneration ? { ...rules, document: null } : rules,
        };
      }
      // Old rules that were good are better than none; nobody takes them for newer than what is here.
      const old = head === null ? null : await shared.answerBy(head, knownGeneration);
      return old === null ? answer : { ok: true, value: old };
    },
    announceRules: (tenant, rules) => shared.write(tenant, rules, ports.now()),
  };
}

class SharedRules {
  readonly #access: UpstashAccess;
  readonly #times: StoreTimes;

  constructor(access: UpstashAccess, times: StoreTimes) {
    this.#access = access;
    this.#times = times;
  }

  /** Null: there is none, or none that can be read; the object is asked then. */
  async head(tenant: string): Promise<RulesHead | null> {
    const text = await this.#field(tenant, 'head');
    if (text === null) return null;
    const read = readRulesHead(text, tenant);
    return read.ok ? read.value : null;
  }

  /** What the head says to one who knows this generation; null = its document is not there, or is another. */
  async answerBy(head: RulesHead, knownGeneration: number): Promise<PublishedRules | null> {
    const { tenant, version, generation, hash } = head;
    const answer = { version, generation, hash };
    if (generation === knownGeneration || generation === 0) return { ...answer, document: null };
    const document = await this.#field(tenant, 'document');
    return document === null || !isTextOf(head, document) ? null : { ...answer, document };
  }

  write(tenant: string, rules: PublishedRules, checkedMs: number) {
    return boundedCall(this.#times.answerKeepMs, async (signal) => {
      const redis = upstashClient(this.#access, signal);
      const head = renderRulesHead(tenant, rules, checkedMs);
      const args = [String(rules.generation), head, rules.document ?? '', String(sharedKeepMs)];
      const wrote: unknown = await upstashCall(() => redis.eval(writeScript, [this.#key(tenant)], args));
      if (typeof wrote !== 'number') throw new GarbageError('a number was expected');
      return null;
    });
  }

  async #field(tenant: string, field: 'head' | 'document'): Promise<string | null> {
    const found = await boundedCall(this.#times.rulesReadMs, async (signal) => {
      const redis = upstashClient(this.#access, signal);
      const text: unknown = await upstashCall(() => redis.hget(this.#key(tenant), field));
      if (text !== null && typeof text !== 'string') throw new GarbageError('a text was expected');
      return text;
    });
    return found.ok ? found.value : null;
  }

  #key(tenant: string): string {
    return `${this.#access.prefix}:rules:${tenant}`;
  }
}
