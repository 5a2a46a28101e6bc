// For each rule a piece of code that it must find and one, as near to it as possible, that it must leave alone.
import type { RuleId } from '../../../functions/compound/code-review/rules.ts';

export interface RuleCase {
  readonly rule: RuleId;
  readonly bad: string;
  readonly good: string;
}

/** Bodies of a method of a class that declares its sharing. */
export const apexBodies: readonly RuleCase[] = [
  {
    rule: 'apex/soql-in-loop',
    bad: 'for (Account a : all) { Contact c = [SELECT Id FROM Contact WHERE AccountId = :a.Id LIMIT 1]; }',
    good: 'for (Contact c : [SELECT Id FROM Contact WHERE AccountId IN :ids]) { names.add(c.Name); }',
  },
  {
    rule: 'apex/soql-in-loop',
    bad: 'while (more) { rows.addAll(Database.queryWithBinds(text, binds, AccessLevel.USER_MODE)); }',
    good: 'rows = Database.queryWithBinds(text, binds, AccessLevel.USER_MODE); while (more) { next(); }',
  },
  {
    rule: 'apex/dml-in-loop',
    bad: "for (Integer i = 0; i < all.size(); i++) { all[i].Name = 'x'; update all[i]; }",
    good: "for (Account a : all) { a.Name = 'x'; } update all;",
  },
  {
    rule: 'apex/dml-in-loop',
    bad: 'do { Database.insert(rows, false); } while (again);',
    good: 'for (List<Account> some : [SELECT Id FROM Account WHERE Old__c = true]) { delete some; }',
  },
  {
    rule: 'apex/async-in-loop',
    bad: 'for (Account a : all) { System.enqueueJob(new SyncJob(a.Id)); }',
    good: 'System.enqueueJob(new SyncJob(ids)); for (Account a : all) { ids.add(a.Id); }',
  },
  {
    rule: 'apex/describe-in-loop',
    bad: 'for (String n : names) { types.add(Schema.getGlobalDescribe().get(n)); }',
    good: 'Map<String, Schema.SObjectType> known = Schema.getGlobalDescribe(); for (String n : names) { types.add(known.get(n)); }',
  },
  {
    rule: 'apex/soql-injection',
    bad: "rows = Database.query('SELECT Id FROM Account WHERE Name = \\'' + wanted + '\\'');",
    good: "rows = Database.query('SELECT Id FROM Account WHERE Name = \\'' + String.escapeSingleQuotes(wanted) + '\\'');",
  },
  {
    rule: 'apex/unbounded-soql',
    bad: 'rows = [SELECT Id, Name FROM Account ORDER BY Name];',
    good: 'rows = [SELECT Id, Name FROM Account ORDER BY Name LIMIT 200];',
  },
  {
    rule: 'apex/hard-coded-id',
    bad: "a.OwnerId = '005000000000ABCAA2';",
    good: "a.Code__c = 'ABCDEFGHIJKLMNOPQR';",
  },
  {
    rule: 'apex/empty-catch',
    bad: 'try { work(); } catch (DmlException e) { }',
    good: 'try { work(); } catch (DmlException e) { Log.error(e); }',
  },
  {
    rule: 'apex/nested-loop',
    bad: 'for (Account a : all) { for (Contact c : people) { if (c.AccountId == a.Id) { n++; } } }',
    good: 'for (Account a : all) { for (Contact c : a.Contacts) { if (c.Email == null) { n++; } } }',
  },
  { rule: 'apex/debug-left', bad: "System.debug('here');", good: "Debugger.debug('here');" },
];

/** Whole TypeScript modules. */
export const typescriptModules: readonly RuleCase[] = [
  {
    rule: 'ts/await-in-loop',
    bad: 'async function f(ids: string[]) { for (const id of ids) { await load(id); } }',
    good: 'async function f(ids: string[]) { for (const id of await list()) { queue.push(load(id)); } await Promise.all(queue); }',
  },
  {
    rule: 'ts/await-in-loop',
    bad: 'async function f(n: number) { for (let i = 0; i < n; i++) await load(i); }',
    good: 'async function f() { for (let attempt = 0; attempt < 3; attempt++) { if (await tryOnce()) return; } }',
  },
  {
    rule: 'ts/await-in-loop',
    bad: 'async function f(m: object) { for (const key in m) { await load(key); } }',
    good: 'async function f(s: AsyncIterable<string>) { for await (const part of s) { await write(part); } }',
  },
  {
    rule: 'ts/await-in-loop',
    bad: 'async function f(ids: string[]) { for (const id of ids) { if (id) { await load(id); } } }',
    good: 'async function f(ids: string[]) { for (const id of ids) { async function one() { await load(id); } queue.push(one()); } }',
  },
  {
    rule: 'ts/floating-promise',
    bad: 'async function save() {} function f() { save(); }',
    good: 'async function save() {} function f() { void save(); return save(); }',
  },
  {
    rule: 'ts/floating-promise',
    bad: 'class A { async save() {} go() { this.save(); } }',
    good: 'class A { save() {} async go() { this.save(); } }',
  },
  {
    rule: 'ts/floating-promise',
    bad: 'function f() { load().then((x) => show(x)); }',
    good: 'function f() { load().then((x) => show(x), report); load().then(show).catch(report); }',
  },
  {
    rule: 'ts/async-callback',
    bad: 'items.forEach(async (item) => { await save(item); });',
    good: 'await Promise.all(items.map(async (item) => { await save(item); }));',
  },
  { rule: 'ts/eval', bad: 'const f = new Function("a", text);', good: 'const f = new Formula("a", text);' },
  { rule: 'ts/eval', bad: 'setTimeout("go()", 10);', good: 'setTimeout(() => go(), 10);' },
  {
    rule: 'ts/nested-loop',
    bad: 'const joined = orders.map((o) => ({ o, c: customers.find((c) => c.id === o.customerId) }));',
    good: 'const joined = orders.map((o) => ({ o, first: o.lines.find((l) => l.count > 1), c: byId.get(o.customerId) }));',
  },
  {
    rule: 'ts/nested-loop',
    bad: 'for (const a of left) for (const b of right) if (a.id === b.id) n += 1;',
    good: 'for (const a of left) for (const b of a.parts) if (b.kind === "x") n += 1;',
  },
  {
    rule: 'ts/spread-accumulator',
    bad: 'const all = rows.reduce((sum, row) => ({ ...sum, [row.id]: row }), {});',
    good: 'let state = start; for (const row of rows) state = { ...state, last: row };',
  },
  {
    rule: 'ts/spread-accumulator',
    bad: 'let all = []; for (const row of rows) all = [...all, row.id];',
    good: 'let all = []; for (const row of rows) all.push(row.id); all = [...all, 1];',
  },
  {
    rule: 'ts/empty-catch',
    bad: 'try { go(); } catch {}',
    good: 'try { go(); } catch { /* gone already, which is what we want */ }',
  },
  { rule: 'ts/any', bad: 'let x: any = read();', good: 'let x: unknown = read(); const any = 1;' },
  { rule: 'ts/loose-equality', bad: 'if (a == b) go();', good: 'if (a == null || b === a) go();' },
  { rule: 'ts/console-left', bad: 'console.log(user);', good: 'console.error(problem); logger.log(user);' },
];
