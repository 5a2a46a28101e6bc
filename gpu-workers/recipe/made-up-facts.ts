// Passages about things that do not exist, with values drawn anew each time: what they say cannot be remembered, only copied. A subject
// (a museum, a gym) has attributes (price, opening hours), and each attribute a sentence to state it and ways to ask for it.
import { capitalize, type Draw } from './draw.ts';

/** A sentence, and what it answers. */
export interface MadeUpFact {
  readonly subject: string;
  readonly attribute: string;
  readonly sentence: string;
  readonly ask: (draw: Draw) => string;
}

interface Attribute {
  readonly name: string;
  /** `$` stands for the subject. */
  readonly state: (draw: Draw) => readonly string[];
  readonly questions: readonly string[];
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export function drawDate(draw: Draw): string {
  return `${draw.pick(months)} ${draw.int(1, 28)}`;
}

/** A word that nobody has read before. */
export function drawName(draw: Draw): string {
  const parts =
    'ba be bo da do el fa fi ga go ha hi ka ki ko la le lo lu ma mi mo na ne no or pa pi ra ri ro sa se so ta te ti to va ve vi vo za zo'.split(
      ' ',
    );
  return capitalize(
    Array.from({ length: draw.int(2, 3) }, () => draw.pick(parts)).join('') +
      draw.pick(['', 'n', 'r', 's', 'x', 'l']),
  );
}

function price(draw: Draw): string {
  return draw.chance(0.5) ? `${draw.int(2, 400)} euros` : `${draw.int(1, 90)}.${draw.int(1, 9)}0 euros`;
}

function time(draw: Draw): string {
  return `${draw.int(7, 22)}:${draw.pick(['00', '15', '30', '45'])}`;
}

function span(draw: Draw): string {
  return `${draw.int(2, 90)} ${draw.pick(['minutes', 'hours', 'days', 'working days', 'weeks', 'months'])}`;
}

const attributes: readonly Attribute[] = [
  {
    name: 'price',
    state: (draw) => [
      `$ costs ${price(draw)}.`,
      `The price of $ is ${price(draw)}.`,
      `You pay ${price(draw)} for $.`,
    ],
    questions: [
      'How much is $?',
      'What does $ cost?',
      'What is the price of $?',
      'How expensive is $?',
      'What do I pay for $?',
    ],
  },
  {
    name: 'duration',
    state: (draw) => [
      `$ takes ${span(draw)}.`,
      `$ takes about ${span(draw)}, sometimes longer.`,
      `It takes ${span(draw)} to get $.`,
    ],
    questions: ['How long does $ take?', 'How much time does $ take?', 'How long do I wait for $?'],
  },
  {
    name: 'hours',
    state: (draw) => [
      `$ is open from ${time(draw)} to ${time(draw)}.`,
      `$ opens at ${time(draw)} and closes on ${draw.pick(weekdays)}.`,
      `$ is closed on ${draw.pick(weekdays)} and open until ${time(draw)} on other days.`,
    ],
    questions: [
      'When is $ open?',
      'What are the opening hours of $?',
      'Is $ open today?',
      'When does $ close?',
    ],
  },
  {
    name: 'place',
    state: (draw) => [
      `$ is at ${draw.int(1, 99)} ${drawName(draw)} Street.`,
      `You find $ in room ${draw.int(10, 999)} on floor ${draw.int(1, 9)}.`,
      `$ is next to the ${drawName(draw)} station.`,
    ],
    questions: ['Where is $?', 'Where can I find $?', 'What is the address of $?', 'How do I find $?'],
  },
  {
    name: 'limit',
    state: (draw) => [
      `At most ${draw.int(2, 60)} people can use $ at once.`,
      `$ is limited to ${draw.int(2, 90)} per person.`,
      `You can have $ at most ${draw.int(2, 12)} times a ${draw.pick(['week', 'month', 'year'])}.`,
    ],
    questions: [
      'Is there a limit for $?',
      'What is the limit of $?',
      'How often can I have $?',
      'How many can use $?',
    ],
  },
  {
    name: 'validity',
    state: (draw) => [
      `$ is valid for ${span(draw)}.`,
      `$ expires after ${span(draw)}.`,
      `$ can be used until ${drawDate(draw)}.`,
    ],
    questions: ['How long is $ valid?', 'When does $ expire?', 'Until when can I use $?'],
  },
  {
    name: 'contact',
    state: (draw) => [
      `For $, write to ${drawName(draw).toLowerCase()}@${drawName(draw).toLowerCase()}.example.`,
      `For questions about $, call ${draw.int(100, 999)} ${draw.int(1000, 9999)}.`,
      `${drawName(draw)} ${drawName(draw)} is in charge of $.`,
    ],
    questions: [
      'Who is in charge of $?',
      'Whom do I ask about $?',
      'How do I contact somebody about $?',
      'Who can help me with $?',
    ],
  },
  {
    name: 'need',
    state: (draw) => [
      `For $ you need a ${draw.pick(things)} and a ${draw.pick(things)}.`,
      `Bring your ${draw.pick(things)} for $.`,
      `$ needs ${draw.int(2, 9)} ${draw.pick(things)}s and one ${draw.pick(things)}.`,
    ],
    questions: ['What do I need for $?', 'What does $ need?', 'What must I bring for $?'],
  },
  {
    name: 'owner',
    state: (draw) => [
      `$ was made by ${drawName(draw)} in ${draw.int(1900, 2024)}.`,
      `$ comes from ${drawName(draw)}.`,
    ],
    questions: ['Who made $?', 'Where does $ come from?', 'Since when is there $?', 'How old is $?'],
  },
  {
    name: 'discount',
    state: (draw) => [
      `Children get ${draw.int(5, 60)} percent off $.`,
      `Members pay ${price(draw)} less for $.`,
      `$ is ${draw.int(5, 60)} percent cheaper in ${draw.pick(months)}.`,
    ],
    questions: ['Is there a discount on $?', 'Is $ cheaper for children or members?', 'How can I save on $?'],
  },
];

const things =
  'passport ticket card photo key towel helmet form code bag pen badge letter phone cable box'.split(' ');

const plainSubjects = [
  'the museum',
  'the gym',
  'the library card',
  'the ferry',
  'a parking place',
  'the swimming pool',
  'a hotel room',
  'breakfast',
  'the city tour',
  'a new badge',
  'the bike rental',
  'the yoga class',
  'a bus pass',
  'the canteen',
  'a piano lesson',
  'the meeting room',
  'a visa',
  'the boat trip',
  'the zoo',
  'a haircut',
  'the sauna',
  'a phone contract',
  'the car wash',
  'the printer',
  'a tent place',
  'the dentist',
  'a ski pass',
  'the night train',
  'a new filter',
  'the theatre',
  'the basic plan',
  'the team plan',
  'an upgrade',
  'the backup',
  'a data export',
  'the repair kit',
] as const;

function drawSubject(draw: Draw): string {
  if (draw.chance(0.55)) return draw.pick(plainSubjects);
  return `the ${drawName(draw)}${draw.pick(['', ' lamp', ' plan', ' museum', ' tour', ' card', ' ticket', ' phone', ' club', ' room', ' app'])}`;
}

function makeFact(draw: Draw, subject: string, attribute: Attribute): MadeUpFact {
  const sentence = capitalize(draw.pick(attribute.state(draw)).replaceAll('$', subject));
  const ask = (later: Draw): string => capitalize(later.pick(attribute.questions).replaceAll('$', subject));
  return { subject, attribute: attribute.name, sentence, ask };
}

/** Passages of one to three facts each; subjects or attributes come again, so that one word alone does not tell them apart. */
export function drawPassages(draw: Draw, count: number): readonly (readonly MadeUpFact[])[] {
  const subjects = [drawSubject(draw), drawSubject(draw)];
  const shared = draw.shuffle(attributes).slice(0, 5);
  const used = new Set<string>();
  return Array.from({ length: count }, (_, at) => {
    const subject = draw.chance(0.25) ? (subjects[0] ?? '') : (subjects[at % 2] ?? '');
    const free = draw.shuffle(shared).filter(({ name }) => !used.has(`${subject} ${name}`));
    const chosen = free.slice(0, draw.pick([1, 1, 2, 2, 3]));
    for (const { name } of chosen) used.add(`${subject} ${name}`);
    return chosen.map((attribute) => makeFact(draw, subject, attribute));
  }).filter((facts) => facts.length > 0);
}

/** A question that none of the passages answers: another attribute of their subject, or another subject. */
export function askBeyond(draw: Draw, passages: readonly (readonly MadeUpFact[])[]): string {
  const facts = passages.flat();
  const subject = draw.chance(0.5) ? (facts[0]?.subject ?? '') : drawSubject(draw);
  const known = new Set(facts.filter((fact) => fact.subject === subject).map((fact) => fact.attribute));
  const other = draw.pick(attributes.filter(({ name }) => !known.has(name)));
  return makeFact(draw, subject, other).ask(draw);
}
