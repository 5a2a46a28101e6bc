// Where support-agent makes its moves: each asks a model, an index or a tool, and adds what it learns to what is known. Owns what a failed step
// or an unreadable answer means; every call that leaves it is a step of the run.
import type { ChatUse, IndexUse } from '../../../src/core/run/define-function.ts';
import type { Json } from '../../../src/core/run/json.ts';
import { hashText } from '../../../src/core/run/hash-text.ts';
import type {
  ChatModel,
  RunContext,
  SearchAsk,
  SearchHit,
  SearchIndex,
} from '../../../src/core/run/run-context.ts';
import { stepCode } from '../step-code.ts';
import type { AgentOutput } from './agent-schema.ts';
import { firstQuery } from './build-queries.ts';
import { isSupported, TOLD_MIN } from './check-answer.ts';
import { answerFormat, toolFormat } from './choices.ts';
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
import { agreedIntent, examplesOf, rankFacts, type Passage } from './rank-facts.ts';
import { readAnswer } from './read-answer.ts';
import { parseToolCall, type ToolResult } from './tools.ts';
import { renderHandover, renderQuestion, renderResult, sourceOf } from './words.ts';

export interface AgentUses {
  readonly models: { readonly intent: ChatUse; readonly tools: ChatUse; readonly reason: ChatUse };
  readonly indexes: { readonly kb: IndexUse; readonly asked: IndexUse };
}

type Desk = Pick<RunContext<AgentUses>, 'all' | 'models' | 'search' | 'step'>;

export class AgentDesk {
  readonly #ctx: Desk;
  readonly #said: Said;
  #known: Knowledge;
  /** Messages like this one that were asked before, nearest first. */
  #alike: readonly SearchHit[] = [];
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

  /**
   * What the message is about: by messages like it that were asked before where they agree, else by the model. A model that cannot be
   * reached or read leaves it open.
   */
  async classify(): Promise<void> {
    const agreed = agreedIntent(this.#alike);
    if (agreed !== null) return this.#learn({ intent: agreed });
    const { intent: model } = this.#ctx.models;
    const prompt = intentPrompt(this.#known.message, examplesOf(this.#alike));
    const intent = parseIntent((await this.#say(model, prompt, answerTokensMax.intent)) ?? '');
    if (intent.ok) this.#learn({ intent: intent.value });
  }

  /** What the help centre says and what was asked before, at once. The first search's words are the message's own. */
  async retrieve(ask = firstQuery(this.#known.message)): Promise<void> {
    const [facts = [], asked = []] = await this.#ctx.all<readonly SearchHit[]>([
      ({ search }) => find(search.kb, ask),
      ({ search }) => find(search.asked, ask),
    ]);
    if (this.#alike.length === 0) this.#alike = asked;
    const { passages, searches } = this.#known;
    this.#learn({ searches: searches + 1, passages: addPassages(passages, rankFacts({ facts, asked })) });
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
        await this.retrieve(move.ask);
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
    const { message } = this.#known;
    const format = toolFormat(message);
    const text = await this.#say(tools, toolPrompt(message), answerTokensMax.tool, format);
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

  async #answer(passages: readonly Passage[]): Promise<AgentOutput | null> {
    const { message, intent, searches, tried } = this.#known;
    const { reason } = this.#ctx.models;
    const texts = passages.map(({ text }) => text);
    const format = answerFormat(texts);
    const said = await this.#say(reason, answerPrompt(message, texts), answerTokensMax.answer, format);
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
    const articles = read.filter(({ id }, at) => read.findIndex((other) => other.id === id) === at);
    return { kind: 'handover', text: renderHandover(reason, ticket), intent, reason, ticket, read: articles };
  }

  /** What the model says; null when it could not be reached, after its retries. */
  async #say(
    model: ChatModel,
    messages: readonly PromptMessage[],
    maxTokens: number,
    format?: Json,
  ): Promise<string | null> {
    try {
      const asFormat = format === undefined ? {} : { responseFormat: format };
      return (await model.chat({ messages, maxTokens, temperature: 0, ...asFormat })).text.trim();
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

/** An index that cannot be asked has found nothing. */
async function find(index: SearchIndex, ask: SearchAsk): Promise<readonly SearchHit[]> {
  try {
    return await index.query(ask);
  } catch (cause) {
    if (stepCode(cause) === null) throw cause;
    return [];
  }
}
