// Bugs that are planted in the run host and its decisions, each as a change of their source, and the words by which a checker is expected
// to speak of it. A text that a change does not find exactly once is an error: the code has moved on, the mutant must follow.

export interface Mutant {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly caughtBy: RegExp;
}

export interface Change {
  /** Path below src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const host = 'hosts/run-host.ts';
const code = 'hosts/run-code.ts';
const context = 'hosts/run-context-maker.ts';
const step = 'core/run/decide-step.ts';
const run = 'core/run/decide-run.ts';

const commit = 'if (writes.length > 0) this.#ports.store.commit(compactWrites(writes));';
const carryOut = 'for (const effect of effects) this.#carryOut(effect);';

export const mutants: readonly Mutant[] = [
  {
    name: 'effects before the commit (RC-01)',
    changes: [
      { file: host, from: commit, to: '' },
      { file: host, from: carryOut, to: `${carryOut}\n${commit}` },
    ],
    caughtBy: /is performed while the step is not written/,
  },
  {
    name: 'a creation that does not see what was created meanwhile (RC-02)',
    changes: [
      {
        file: host,
        from: 'let state = this.#state;',
        to: "let state = events[0]?.kind === 'create' ? null : this.#state;",
      },
    ],
    caughtBy: /created again/,
  },
  {
    name: 'a settled step that is performed again at replay (RC-04)',
    changes: [
      {
        file: step,
        from: "case 'settled':\n      return deliver(draft, known);",
        to: "case 'settled':\n      return tryAfterCrash(draft, known);",
      },
    ],
    caughtBy: /was settled and is written again/,
  },
  {
    name: 'a late end of a step that was given up is taken',
    changes: [
      { file: host, from: 'if (this.#attempts.get(ref.n) !== live) return;', to: '' },
      {
        file: step,
        from: "step.attempt === ref.attempt && step.status.kind === 'running' ?",
        to: "step.status.kind !== 'settled' ?",
      },
    ],
    caughtBy: /was given up and is written again/,
  },
  {
    name: 'late words of an older attempt are taken for those of the newest',
    changes: [
      {
        file: host,
        from: 'if (live?.attempt === attempt) live.text.add(text);',
        to: 'live?.text.add(text);',
      },
    ],
    caughtBy: /was heard to say/,
  },
  {
    name: 'words that are shown before they are committed (RC-08)',
    changes: [
      {
        file: host,
        from: commit,
        to: `if (events.every(({ kind }) => kind === 'text')) this.#held.push(...writes);
             else if (writes.length > 0) this.#ports.store.commit(compactWrites([...this.#held.splice(0), ...writes]));`,
      },
      {
        file: host,
        from: '  #queue: RunEvent[] = [];',
        to: '  #queue: RunEvent[] = [];\n  #held: RunWrite[] = [];',
      },
      {
        file: host,
        from: 'this.#ports.store.log(afterSeq, entriesMax);',
        to: `[...this.#ports.store.log(afterSeq, entriesMax), ...this.#held.flatMap((write) =>
               write.kind === 'log' && write.entry.seq > afterSeq ? [write.entry] : [])];`,
      },
    ],
    caughtBy: /a follower saw/,
  },
  {
    name: 'a segment that is left out (RC-11)',
    changes: [
      { file: step, from: 'if (step.shownChars > 0) draft.log', to: 'if (step.shownChars < 0) draft.log' },
    ],
    caughtBy: /R7/,
  },
  {
    name: 'outcomes that reach the code in the order in which they arrive',
    changes: [
      {
        file: code,
        from: 'const delivery = this.#inbox.get(this.#delivered + 1);',
        to: 'const [first, delivery] = [...this.#inbox][0] ?? [0];',
      },
      {
        file: code,
        from: 'this.#inbox.delete(this.#delivered + 1);',
        to: 'this.#inbox.delete(first);',
      },
      { file: code, from: '!this.#inbox.has(this.#delivered + 1)', to: 'this.#inbox.size === 0' },
      {
        file: code,
        from: 'if (this.#isOver || order <= this.#delivered) return;',
        to: 'if (this.#isOver) return;',
      },
    ],
    caughtBy: /journal_mismatch/,
  },
  {
    name: 'an outcome that reaches the code before its turn is over',
    changes: [
      {
        file: code,
        from: 'this.#ports.setTimer(0, () => {\n      this.#isPumping = false;',
        to: 'queueMicrotask(() => {\n      this.#isPumping = false;',
      },
    ],
    caughtBy: /journal_mismatch/,
  },
  {
    name: 'a once-only effect that is tried again after a crash (RC-32)',
    changes: [
      { file: step, from: 'if (!step.once) return tryAgain', to: "if (step.name !== '') return tryAgain" },
    ],
    caughtBy: /may be tried once/,
  },
  {
    name: 'what the author says, said again at replay',
    changes: [{ file: run, from: 'if (k < emitted) return;', to: '' }],
    caughtBy: /the author is in the log twice/,
  },
  {
    name: 'a budget that nobody looks at',
    changes: [{ file: step, from: 'if (usedUp !== null) return', to: "if (usedUp === 'depth') return" }],
    caughtBy: /budget: step/,
  },
  {
    name: 'a branch that was given up and still asks (RC-12)',
    changes: [{ file: context, from: 'if (branch.signal.aborted) return never();', to: '' }],
    caughtBy: /step_not_awaited|came to/,
  },
  {
    name: 'chance that is not the run’s own',
    changes: [
      {
        file: context,
        from: '    random: rng,',
        to: '    random: () => parts.code.asked / 7 + performance.now(),',
      },
    ],
    caughtBy: /journal_mismatch/,
  },
  {
    name: 'a clock that is not the journal’s',
    changes: [{ file: context, from: 'now: () => code.nowMs,', to: 'now: () => performance.now(),' }],
    caughtBy: /journal_mismatch/,
  },
  {
    name: 'a cancellation that is forgotten',
    changes: [{ file: run, from: 'return draft.endCancelled();', to: 'return;' }],
    caughtBy: /a cancelled run goes on/,
  },
  {
    name: 'an alarm that is not set again',
    changes: [
      {
        file: host,
        from: 'this.#ports.setWake(wakeMs);',
        to: 'if (this.#armed === null) this.#ports.setWake(wakeMs);',
      },
    ],
    caughtBy: /stuck|wakes at/,
  },
  {
    name: 'an end that is written while followers wait',
    changes: [{ file: host, from: 'return this.#wakeWatchers();', to: 'return;' }],
    caughtBy: /stuck/,
  },
];
