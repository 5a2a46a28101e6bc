// One conversation of the playground: questions and answers as they come, one at a time, stoppable.
import { useRef, useState } from 'react';
import { streamChat, type Served } from './stream-chat.ts';

export interface Exchange {
  readonly question: string;
  readonly answer: string;
  readonly served: Served | null;
  readonly problem: string | null;
}

/** Exchanges the page keeps; older ones fall off. */
const exchangesMax = 50;

export interface ChatState {
  readonly exchanges: readonly Exchange[];
  readonly busy: boolean;
  readonly ask: (question: string) => Promise<void>;
  readonly stop: () => void;
}

export function useChat(key: string, model: string): ChatState {
  const [exchanges, setExchanges] = useState<readonly Exchange[]>([]);
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController | null>(null);
  const change = (patch: (last: Exchange) => Exchange): void =>
    setExchanges((before) => before.map((each, at) => (at === before.length - 1 ? patch(each) : each)));

  const ask = async (question: string): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    setExchanges((before) =>
      [...before, { question, answer: '', served: null, problem: null }].slice(-exchangesMax),
    );
    try {
      await streamChat(
        { key, model, messages: [{ role: 'user', content: question }], signal: controller.signal },
        {
          onText: (piece) => change((last) => ({ ...last, answer: last.answer + piece })),
          onServed: (served) => change((last) => ({ ...last, served })),
        },
      );
    } catch (cause) {
      const problem = controller.signal.aborted
        ? 'stopped'
        : cause instanceof Error
          ? cause.message
          : 'it failed';
      change((last) => ({ ...last, problem }));
    }
    setBusy(false);
  };

  return { exchanges, busy, ask, stop: () => running.current?.abort() };
}
