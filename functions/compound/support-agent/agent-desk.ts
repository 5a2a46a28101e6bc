// Where support-agent makes its moves: each asks a model, an index or a tool, and adds what it learns to what is known. Owns what a failed step
// or an unreadable answer means; every call that leaves it is a step of the run.
import type { ChatUse, IndexUse } from '../../../src/core/run/define-function.ts';
import { hashText } from '../../../src/core/run/hash-text.ts';
import type { ChatModel, RunContext, SearchHit } from '../../../src/core/run/run-context.ts';
import { stepCode } from '../step-code.ts';
import type { AgentOutput } from './agent-schema.ts';
import { firstQuery } from './build-queries.ts';
import { isSupported, TOLD_MIN } from './check-answer.ts';
import { completeCall, type CompleteCall, type Said } from './complete-call.ts';
import { addPassages, type HandoverReason, type Knowledge, type Move } from './decide-move.ts';
import { inReadingOrder, useTool } from './orders.ts';
import {
  answerPrompt,
  answerTokensMax,
  intentPrompt,
  parseIntent,
  toolAnswerPrompt,
  toolPrompt,
  type PromptMessage,
} from './prompts.ts';
import { readAnswer } from './read-answer.ts';
import { parseToolCall, type ToolResult } from './tools.ts';
import { renderHandover, renderQuestion, renderResult, sourceOf } from './words.ts';

export interface AgentUses {
  readonly models: { readonly intent: ChatUse; readonly tools: ChatUse; readonly reason: ChatUse };
  readonly indexes: { readonly kb: IndexUse };
}

type Desk = Pick<RunContext<AgentUses>, 'models' | 'search' | 'step'>;

export class AgentDesk {
  readonly #ctx: Desk;
  readonly #said: Said;
  #known: Knowledge;
  #isModelGone = false;

  constructor(ctx: Desk, said: Said) {
    const { message, history } = said;
    this.#ctx = ctx;
    this.#said = said;
    this.#known = {
      message,
      history,
      intent: 'other',
      searches: 0,
      passages: [],
      tried: new Set(),
      plan: null,
      call: null,
      result: null,
    };
  }

  get known(): Knowledge {
    return this.#known;
  }

  /** What the message is about. A model that cannot be reached or read leaves it open. */
  async classify(ctx: Desk): Promise<void> {
    const { intent: model } = ctx.models;
    const text = await this.#say(model, intentPrompt(this.#known.message), answerTokensMax.intent);
    const intent = parseIntent(text ?? '');
    if (intent.ok) this.#learn({ intent: intent.value });
  }

  /** The first search; its words are the message's own. */
  async retrieve(ctx: Desk, ask = firstQuery(this.#known.message)): Promise<void> {
    let found: readonly SearchHit[] = [];
    try {
      found = await ctx.search.kb.query(ask);
    } catch (cause) {
      if (stepCode(cause) === null) throw cause;
    }
    const { passages, searches } = this.#known;
    this.#learn({ searches: searches + 1, passages: addPassages(passages, found) });
  }

  /** Makes one move; the output when it ends the run, null when there is more to do. */
  async make(move: Move): Promise<AgentOutput | null> {
    if (this.#isModelGone && move.kind !== 'act') return this.#handOver('model_unavailable');
    switch (move.kind) {
      case 'plan':
        return await this.#plan();
      case 'act':
        return await this.#act(move.call);
      case 'tell':
        return await this.#tell(move.result);
      case 'retrieve':
        await this.retrieve(this.#ctx, move.ask);
        return null;
      case 'answer':
        return await this.#answer(move.passages);
      case 'ask':
        return this.#ask(move.about);
      case 'hand-over':
        return await this.#handOver(move.reason);
      default:
        return move satisfies never;
    }
  }

  async #plan(): Promise<null> {
    const { tools } = this.#ctx.models;
    const text = await this.#say(tools, toolPrompt(this.#known.message), answerTokensMax.tool);
    const parsed = parseToolCall(text ?? '');
    const plan = parsed.ok ? parsed.value : ({ tool: 'none' } as const);
    this.#learn({ plan, call: completeCall(plan, this.#said) });
    return null;
  }

  /** A keyed effect: after a crash it is tried again with the same key, and what it did once is done once. */
  async #act(call: CompleteCall): Promise<null> {
    const result = await this.#ctx.step<ToolResult>(call.tool, () => useTool(call));
    this.#learn({ result: inReadingOrder(result) });
    return null;
  }

  async #tell(result: ToolResult): Promise<AgentOutput> {
    const { message, intent, searches, call } = this.#known;
    const { reason } = this.#ctx.models;
    const said = await this.#say(reason, toolAnswerPrompt(message, result), answerTokensMax.answer);
    const source = `${JSON.stringify(result)} ${message}`;
    const text = said !== null && isSupported(said, source, TOLD_MIN) ? said : renderResult(result);
    const tool = { name: call?.tool ?? 'none', result };
    return { kind: 'answer', text, intent, sources: [], tool, searches };
  }

  async #answer(passages: readonly SearchHit[]): Promise<AgentOutput | null> {
    const { message, intent, searches, tried } = this.#known;
    const { reason } = this.#ctx.models;
    const prompt = answerPrompt(
      message,
      passages.map(({ text }) => text),
    );
    const said = await this.#say(reason, prompt, answerTokensMax.answer);
    const answer = readAnswer(said ?? '', passages);
    if (answer !== null) {
      const { text, source } = answer;
      return { kind: 'answer', text, intent, sources: [sourceOf(source)], tool: null, searches };
    }
    this.#learn({ tried: new Set([...tried, ...passages.map(({ id }) => id)]) });
    return null;
  }

  #ask(about: 'order' | 'product' | 'topic'): AgentOutput {
    return { kind: 'question', text: renderQuestion(about), intent: this.#known.intent, about };
  }

  async #handOver(reason: HandoverReason): Promise<AgentOutput> {
    const { intent, passages, tried } = this.#known;
    // Where a help desk would be called; its key makes a second try find the first one's ticket.
    const ticket = await this.#ctx.step('ticket', ({ key }) => `T-${hashText(key).slice(0, 8)}`);
    const read = passages.filter(({ id }) => tried.has(id)).map(sourceOf);
    return { kind: 'handover', text: renderHandover(reason, ticket), intent, reason, ticket, read };
  }

  /** What the model says; null when it could not be reached, after its retries. */
  async #say(
    model: ChatModel,
    messages: readonly PromptMessage[],
    maxTokens: number,
  ): Promise<string | null> {
    try {
      return (await model.chat({ messages, maxTokens, temperature: 0 })).text.trim();
    } catch (cause) {
      if (stepCode(cause) === null) throw cause;
      this.#isModelGone = true;
      return null;
    }
  }

  #learn(more: Partial<Knowledge>): void {
    this.#known = { ...this.#known, ...more };
  }
}
