// What is learned of one method, constructor or trigger while its tree is walked. Types, and what calls mean. Pure.
import type { Spot } from '../hit-list.ts';
import type { RuleId } from '../rules.ts';

export interface ApexMember {
  /** The class and the method, as authors say it. */
  readonly name: string;
  /** Without the class, in small letters: how calls find it. */
  readonly key: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly isFuture: boolean;
  loopDepth: number;
  readonly found: { readonly rule: RuleId; readonly spot: Spot }[];
  /** What it does itself that is costly when repeated. */
  readonly does: Set<Costly>;
  readonly calls: { readonly key: string; readonly line: number; readonly loopDepth: number }[];
}

export type Costly = 'query' | 'write' | 'job';

/** What is costly in a loop, also when a method that is called there does it. */
export const loopRules: Readonly<Record<Costly, { readonly rule: RuleId; readonly words: string }>> = {
  query: { rule: 'apex/soql-in-loop', words: 'runs a query' },
  write: { rule: 'apex/dml-in-loop', words: 'writes to the database' },
  job: { rule: 'apex/async-in-loop', words: 'starts a job, a callout or an e-mail' },
};

/** Calls of the platform that cost, by what stands before the bracket, in small letters. */
export function costOfCall(receiver: string, method: string): Costly | null {
  if (receiver === 'database') {
    if (/^(?:query|querywithbinds|countquery|countquerywithbinds|getquerylocator)$/.test(method))
      return 'query';
    if (/^(?:insert|update|upsert|delete|undelete|merge|convertlead)/.test(method)) return 'write';
    return method === 'executebatch' ? 'job' : null;
  }
  if (receiver === 'system') return /^(?:enqueuejob|schedule|schedulebatch)$/.test(method) ? 'job' : null;
  if (receiver === 'messaging') return method === 'sendemail' ? 'job' : null;
  if (receiver === 'eventbus') return method === 'publish' ? 'job' : null;
  return receiver === 'newhttp()' && method === 'send' ? 'job' : null;
}

/** Schema calls that build maps of the whole organisation or object. */
export function isDescribe(receiver: string, method: string): boolean {
  if (receiver === 'schema') return /^(?:getglobaldescribe|describesobjects)$/.test(method);
  return method === 'getdescribe' && !receiver.startsWith('schema.sobjecttype.');
}
