// Drives one attempt: routes it, assembles its context, calls the model and reports what comes back. Owns no rows: whatever it learns
// becomes an event of the session, which alone decides what it means.
import { assembleContext } from '../core/session/assemble-context.ts';
import type { SessionEffect, SessionEvent } from '../core/session/session-events.ts';
import type { SessionState, TurnServed } from '../core/session/session-state.ts';
import type { LiveTurn } from './live-turn.ts';
import type { SessionPorts, TurnAsk } from './session-ports.ts';

export type StartEffect = Extract<SessionEffect, { kind: 'start-attempt' }>;

export interface TurnDrive {
  readonly ports: SessionPorts;
  readonly effect: StartEffect;
  readonly live: LiveTurn;
  readonly state: SessionState;
  readonly requestId: string;
  /** Takes an event of the attempt; ends this life of the object when it cannot be written. */
  report(event: SessionEvent): void;
}

/** Runs the model to its end whether or not anybody still reads: the turn belongs to the session, not to a connection. */
export async function driveTurn(drive: TurnDrive): Promise<void> {
  const { live, effect, ports, report } = drive;
  const ref = { turn: effect.turn, attempt: effect.attempt };
  try {
    const ask = makeAsk(drive);
    if (!ask.ok) return report({ kind: 'fail', ...ref, failure: ask.error });
    const reply = await ports.runTurn(ask.value, async (text) => live.add(text));
    live.discard();
    report(
      reply.ok
        ? { kind: 'complete', ...ref, ...reply.value }
        : { kind: 'fail', ...ref, failure: reply.error },
    );
  } catch {
    live.discard();
    report({ kind: 'fail', ...ref, failure: { kind: 'internal' } });
  }
}

function makeAsk(drive: TurnDrive) {
  const { ports, effect, live, state, requestId, report } = drive;
  const ref = { turn: effect.turn, attempt: effect.attempt };
  const { head } = state;
  const route = ports.routeModel(head.tenant, head.model);
  if (!route.ok) return route;
  live.served ??= { version: route.value.version, warmth: null, waitMs: null };
  const context = assembleContext(
    {
      instructions: head.instructions,
      summary: state.summary,
      newestFirst: ports.store.messagesUpTo(effect.userSeq),
      userSeq: effect.userSeq,
    },
    { tokensMax: route.value.contextTokensMax, gauge: route.value.gauge },
  );
  const ask: TurnAsk = {
    requestId,
    tenant: head.tenant,
    session: head.id,
    ...ref,
    resume: effect.resume,
    model: head.model,
    criticality: state.turns.get(effect.turn)?.criticality ?? 'default',
    route: route.value,
    messages: context,
    startedMs: ports.now(),
    deadlineMs: effect.deadlineMs,
    signal: live.abort.signal,
    onServed: (served: TurnServed): void => {
      live.served = served;
    },
    onRun: (run) => report({ kind: 'run', ...ref, run }),
    onSegment: (reason, chars) => {
      live.flush();
      report({ kind: 'segment', ...ref, reason, chars });
    },
  };
  return { ok: true, value: ask } as const;
}
