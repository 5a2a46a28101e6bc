// Folds what has outgrown the model's budget into a summary, behind the turns and never before them. Owns that only one summary is made
// at a time and that its failure costs nothing but quality: the extract needs no model.
import { acceptSummary, askForSummary, extractSummary, planFold } from '../core/session/plan-summary.ts';
import type { FoldPlan } from '../core/session/plan-summary.ts';
import type { Criticality } from '../core/resilience/criticality.ts';
import type { ContextBudget } from '../core/session/assemble-context.ts';
import type { SessionEvent, TurnRoute } from '../core/session/session-events.ts';
import type { SessionState } from '../core/session/session-state.ts';
import type { SessionPorts } from './session-ports.ts';

/** A summary that takes longer than this helps no turn any more. */
const SUMMARY_MS_MAX = 60_000;

interface FoldTerms {
  readonly route: TurnRoute;
  readonly budget: ContextBudget;
  readonly criticality: Criticality;
}

export class SessionSummarizer {
  readonly #ports: SessionPorts;
  readonly #report: (event: SessionEvent) => void;
  #busy = false;

  constructor(ports: SessionPorts, report: (event: SessionEvent) => void) {
    this.#ports = ports;
    this.#report = report;
  }

  /** Looks whether there is something to fold, after a turn of this class. */
  consider(state: SessionState, criticality: Criticality): void {
    const { head, summary } = state;
    if (this.#busy || head.summaries === 'off') return;
    const route = this.#ports.routeModel(head.tenant, head.model);
    if (!route.ok) return;
    const budget = { tokensMax: route.value.contextTokensMax, gauge: route.value.gauge };
    const plan = planFold(this.#ports.store.messagesAfter(summary?.throughSeq ?? 0), budget);
    if (plan === null) return;
    this.#busy = true;
    this.#ports.waitUntil(this.#fold(state, plan, { route: route.value, budget, criticality }));
  }

  async #fold(state: SessionState, plan: FoldPlan, terms: FoldTerms): Promise<void> {
    const { head, summary: before } = state;
    const asked = head.summaries === 'model' && terms.route.kind === 'model';
    const written = asked ? await this.#ask(state, plan, terms) : null;
    this.#busy = false;
    const by = written === null ? 'extract' : 'model';
    const text = written ?? extractSummary(plan, before);
    const summary = { throughSeq: plan.throughSeq, by, text } as const;
    this.#report({ kind: 'summarized', summary, cuts: head.cuts });
  }

  /** What the session's own model makes of it; null when it makes nothing. */
  async #ask(
    { head, summary, tail }: SessionState,
    plan: FoldPlan,
    { route, budget, criticality }: FoldTerms,
  ): Promise<string | null> {
    const startedMs = this.#ports.now();
    const name = `summary-${plan.throughSeq}`;
    try {
      const reply = await this.#ports.runTurn(
        {
          requestId: `${head.id}-${name}-${tail.eventSeq}`,
          tenant: head.tenant,
          session: head.id,
          turn: name,
          attempt: 1,
          resume: null,
          model: head.model,
          criticality,
          route,
          messages: askForSummary(plan, summary, budget),
          startedMs,
          deadlineMs: startedMs + SUMMARY_MS_MAX,
          signal: new AbortController().signal,
          onServed: () => {},
          onRun: () => {},
          onSegment: () => {},
        },
        async () => {},
      );
      return reply.ok ? acceptSummary(reply.value.text, plan) : null;
    } catch {
      return null;
    }
  }
}
