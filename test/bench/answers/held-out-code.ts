// Pieces of code, written by hand, with the one anti-pattern that each holds; not from the generator of the recipe. Data only.
import type { CodeLabel } from '../../../functions/compound/code-review/prompts.ts';
import type { Language } from '../../../functions/compound/code-review/review-types.ts';

export interface HeldOutCode {
  readonly language: Language;
  readonly label: CodeLabel;
  readonly code: string;
}

function list(language: Language, rows: readonly (readonly [CodeLabel, string])[]): readonly HeldOutCode[] {
  return rows.map(([label, code]) => ({ language, label, code }));
}

export const heldOutCode: readonly HeldOutCode[] = [
  ...list('apex', [
    [
      'soql-in-loop',
      `public void attachOwners(List<Case> openCases) {
    for (Case c : openCases) {
        User boss = [SELECT Id, Email FROM User WHERE Id = :c.OwnerId LIMIT 1];
        c.Manager__c = boss.Id;
    }
    update openCases;
}`,
    ],
    [
      'soql-in-loop',
      `for (Integer k = 0; k < regions.size(); k++) {
    List<Store__c> stores = [SELECT Id FROM Store__c WHERE Region__c = :regions[k]];
    counts.put(regions[k], stores.size());
}`,
    ],
    [
      'dml-in-loop',
      `public static void archive(List<Invoice__c> invoices) {
    for (Invoice__c inv : invoices) {
        inv.Archived__c = true;
        update inv;
    }
}`,
    ],
    [
      'dml-in-loop',
      `for (Contact person : people) {
    Task reminder = new Task(WhoId = person.Id, Subject = 'Call');
    insert reminder;
}`,
    ],
    [
      'soql-injection',
      `public List<Account> search(String term) {
    return Database.query('SELECT Id, Name FROM Account WHERE Name = \\'' + term + '\\'');
}`,
    ],
    [
      'hard-coded-id',
      `private void assign(Lead newLead) {
    newLead.OwnerId = '0055g00000AbCdEAAV';
    insert newLead;
}`,
    ],
    [
      'nested-loop',
      `for (Order__c o : orders) {
    for (Payment__c p : payments) {
        if (p.Order__c == o.Id) {
            o.Paid__c = true;
        }
    }
}`,
    ],
    [
      'empty-catch',
      `try {
    service.push(payload);
} catch (CalloutException ex) {
}`,
    ],
    [
      'ok',
      `public void close(List<Case> cases) {
    for (Case each : cases) {
        each.Status = 'Closed';
    }
    update cases;
}`,
    ],
    [
      'ok',
      `public List<Contact> byCity(String city) {
    return [SELECT Id, Name FROM Contact WHERE MailingCity = :city LIMIT 100];
}`,
    ],
  ]),
  ...list('typescript', [
    [
      'await-in-loop',
      `export async function notify(users: User[]) {
  for (const user of users) {
    await mailer.send(user.email, 'Welcome');
  }
}`,
    ],
    [
      'await-in-loop',
      `async function warm(urls: string[]): Promise<number> {
  let bytes = 0;
  for (const url of urls) {
    const reply = await fetch(url);
    bytes += Number(reply.headers.get('content-length'));
  }
  return bytes;
}`,
    ],
    [
      'nested-loop',
      `function pairs(left: Row[], right: Row[]) {
  const out = [];
  for (const a of left) {
    for (const b of right) {
      if (a.key === b.key) out.push([a, b]);
    }
  }
  return out;
}`,
    ],
    [
      'empty-catch',
      `function readSettings(text: string) {
  try {
    return JSON.parse(text);
  } catch {}
}`,
    ],
    [
      'empty-catch',
      `try {
  await socket.close();
} catch (error) {
  // ignore
}`,
    ],
    [
      'any',
      `export function toRows(input: any): string[] {
  return input.rows;
}`,
    ],
    [
      'any',
      `const body = (await request.json()) as any;
return body.items;`,
    ],
    [
      'ok',
      `export function total(lines: Line[]): number {
  let sum = 0;
  for (const line of lines) {
    sum += line.price * line.count;
  }
  return sum;
}`,
    ],
    [
      'ok',
      `export async function loadAll(ids: string[]) {
  return Promise.all(ids.map((id) => api.get(id)));
}`,
    ],
    [
      'ok',
      `try {
  await publish(event);
} catch (cause) {
  throw new Error('could not publish', { cause });
}`,
    ],
  ]),
];
