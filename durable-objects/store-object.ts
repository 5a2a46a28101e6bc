// One part of what edges share about one tenant: some of its kept answers, or the count of its permits. A thin shell over src/store/*-shard.ts.
// Name: tenant, slash, part. Alarm: when something has expired, to forget it, and all of itself when nothing is left. Memory: none.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../src/env.ts';
import { assert } from '../src/core/base/assert.ts';
import type { AnswerPlace } from '../src/core/store/answer-record.ts';
import type { RateAsk, RateGrant } from '../src/core/store/rate-window.ts';
import { AnswerShard } from '../src/store/answer-shard.ts';
import type { KeptAnswer } from '../src/store/edge-store.ts';
import { answerPartOf, ratePartOf } from '../src/store/object-store.ts';
import { RateShard } from '../src/store/rate-shard.ts';
import { sqlPort } from './index-store.ts';

export class StoreObject extends DurableObject<Env> {
  readonly #answers: AnswerShard;
  readonly #rate: RateShard;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#answers = new AnswerShard(sqlPort(ctx.storage));
    this.#rate = new RateShard(sqlPort(ctx.storage));
  }

  readAnswer(place: AnswerPlace): string | null {
    this.#checkName(answerPartOf(place));
    return this.#answers.read(place.key, Date.now());
  }

  async keepAnswer(place: AnswerPlace, kept: KeptAnswer): Promise<void> {
    this.#checkName(answerPartOf(place));
    this.#answers.keep(place.key, kept, Date.now());
    await this.#wakeAt(kept.expiresMs);
  }

  async takePermits(ask: RateAsk): Promise<RateGrant> {
    this.#checkName(ratePartOf(ask.tenant));
    const grant = this.#rate.take(ask, Date.now());
    await this.#wakeAt(grant.resetMs);
    return grant;
  }

  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const nowMs = Date.now();
    const nextMs = this.#answers.prune(nowMs) ?? this.#rate.prune(nowMs);
    if (nextMs === null) await storage.deleteAll();
    else await storage.setAlarm(nextMs);
  }

  async #wakeAt(atMs: number): Promise<void> {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(atMs);
  }

  #checkName(part: string): void {
    const { name } = this.ctx.id;
    assert(name === undefined || name === part, 'a store object is asked for its own part');
  }
}
