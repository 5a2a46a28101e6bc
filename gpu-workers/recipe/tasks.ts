// The kinds of chats that the model is trained on, and how often each comes up. A chat is a list of turns: what the user says, what the
// model must answer. Stories are in story.ts, facts and words in files of their own.
import { capitalize, withArticle, type Draw } from './draw.ts';
import { capitals, colors, lists, numberWords, sounds, topics } from './facts.ts';
import { writeStory } from './story.ts';
import { findTask, repeatTask } from './copy-tasks.ts';
import { codeTask } from './code-tasks.ts';
import type { Near } from './near-pool.ts';
import { answerTask, intentTask, madeUpAnswerTask, toolTask } from './support-tasks.ts';
import { toolAnswerTask } from './tool-answer-task.ts';
import { animals, beyondQuestions, chores, foods, lessons, names, places, things, verbs } from './words.ts';

export type Turn = readonly [question: string, answer: string];
type Task = (draw: Draw, pool: readonly Near[]) => readonly Turn[];

/** Most turns of one chat. */
const turnsMax = 4;

/** One chat; now and then several tasks follow one another. What functions ask is one question and one answer. */
export function writeChat(draw: Draw, pool: readonly Near[]): readonly Turn[] {
  if (draw.chance(functionShare)) return draw.pick(functionBag)(draw, pool);
  const next = (): readonly Turn[] => draw.pick(bag)(draw, pool);
  const chat = [...next()];
  while (chat.length < turnsMax && draw.chance(0.2)) chat.push(...next());
  return chat;
}

function story(draw: Draw): readonly Turn[] {
  const kind = draw.next();
  const [animal, name] = [draw.pick(animals), draw.pick(names)];
  draw.pick(places);
  const [thing, lesson] = [draw.pick(things), draw.pick(lessons)];
  const anAnimal = withArticle(animal);
  if (kind < 0.25) {
    const plain = [
      'Tell me a story.',
      'Write a short story.',
      'Tell me a bedtime story.',
      'Write a story for children.',
    ];
    return [[politely(draw, draw.pick(plain)), writeStory(draw)]];
  }
  if (kind < 0.5) {
    const asked = draw.pick([`Tell me a story about ${anAnimal}.`, `Write a short story about ${anAnimal}.`]);
    return [[politely(draw, asked), writeStory(draw, { animal })]];
  }
  if (kind < 0.7) {
    const ways = [
      `Tell me a story about ${anAnimal} named ${name}.`,
      `Write a short story about ${anAnimal} called ${name}.`,
    ];
    return [[politely(draw, draw.pick(ways)), writeStory(draw, { animal, name })]];
  }
  if (kind < 0.85) {
    const ways = [
      `Tell me a story about ${withArticle(thing)}.`,
      `Write a story about ${name} and ${withArticle(thing)}.`,
    ];
    const asked = politely(draw, draw.pick(ways.slice(draw.chance(0.5) ? 0 : 1)));
    return [[asked, writeStory(draw, asked.includes(' and ') ? { thing, name } : { thing })]];
  }
  return [[politely(draw, `Write a story that teaches that ${lesson}.`), writeStory(draw, { lesson })]];
}

function continuation(draw: Draw): readonly Turn[] {
  const words = writeStory(draw).split(' ');
  const given = draw.int(4, Math.min(20, words.length - 5));
  return [[`Continue: ${words.slice(0, given).join(' ')}`, words.slice(given).join(' ')]];
}

function capital(draw: Draw): readonly Turn[] {
  const country = draw.pick(Object.keys(capitals));
  const asked = draw.pick([
    `What is the capital of ${country}?`,
    `Which city is the capital of ${country}?`,
    `Capital of ${country}?`,
  ]);
  const answer = `The capital of ${country} is ${capitals[country]}`;
  return [[asked, answer.endsWith('.') ? answer : `${answer}.`]];
}

function sound(draw: Draw): readonly Turn[] {
  const animal = draw.pick(Object.keys(sounds));
  const asked = [`What does ${withArticle(animal)} say?`, `What sound does ${withArticle(animal)} make?`];
  return [[draw.pick(asked), `${capitalize(withArticle(animal))} says "${sounds[animal]}".`]];
}

function color(draw: Draw): readonly Turn[] {
  const thing = draw.pick(Object.keys(colors));
  const asked = draw.pick([`What color is ${thing}?`, `What is the color of ${thing}?`]);
  return [[asked, `${capitalize(thing)} is ${colors[thing]}.`]];
}

function arithmetic(draw: Draw): readonly Turn[] {
  const [one, other] = [draw.int(0, 20), draw.int(0, 20)];
  if (draw.chance(0.6)) {
    const asked = [`What is ${one} + ${other}?`, `${one} + ${other} =`, `Add ${one} and ${other}.`];
    return [[draw.pick(asked), `${one} + ${other} = ${one + other}.`]];
  }
  const [more, less] = [Math.max(one, other), Math.min(one, other)];
  const asked = [`What is ${more} - ${less}?`, `${more} - ${less} =`];
  return [[draw.pick(asked), `${more} - ${less} = ${more - less}.`]];
}

function counting(draw: Draw): readonly Turn[] {
  const [from, steps] = [draw.int(1, 60), draw.int(3, 40)];
  const asked = [
    `Count from ${from} to ${from + steps}.`,
    `List the numbers from ${from} to ${from + steps}.`,
  ];
  const numbers = Array.from({ length: steps + 1 }, (_, at) => from + at);
  return [[draw.pick(asked), `${numbers.join(', ')}.`]];
}

function listing(draw: Draw): readonly Turn[] {
  const kind = draw.pick(Object.keys(lists));
  const all = lists[kind] ?? [];
  const count = draw.int(2, Math.min(6, all.length));
  const items = draw.shuffle(all).slice(0, count);
  const bullets = draw.chance(0.4);
  const word = numberWords[count];
  const asked = draw.pick([`List ${word} ${kind}.`, `Name ${word} ${kind}.`, `Give me ${word} ${kind}.`]);
  if (bullets) return [[`${asked} Use bullets.`, items.map((item) => `- ${item}`).join('\n')]];
  return [[asked, `${capitalize(items.slice(0, -1).join(', '))} and ${items.at(-1)}.`]];
}

function json(draw: Draw): readonly Turn[] {
  const [name, age] = [draw.pick(names), draw.int(1, 90)];
  const city = draw.pick(Object.values(capitals).filter((each) => !each.includes('.')));
  if (draw.next() < 0.5) {
    const asked = [
      `Write a JSON object with name ${name} and age ${age}.`,
      `Return JSON for ${name}, age ${age}.`,
    ];
    return [[draw.pick(asked), `{"name": "${name}", "age": ${age}}`]];
  }
  const answer = `{"name": "${name}", "age": ${age}, "city": "${city}"}`;
  return [[`Return JSON for ${name}, age ${age}, city ${city}.`, answer]];
}

function topic(draw: Draw): readonly Turn[] {
  const name = draw.pick(Object.keys(topics));
  const asked = [`What is ${name}?`, `Explain ${name}.`, `Tell me about ${name}.`, `What does ${name} mean?`];
  return [[draw.pick(asked), topics[name] ?? '']];
}

function identity(draw: Draw): readonly Turn[] {
  const asked = [
    'Who are you?',
    'What are you?',
    'What is your name?',
    'Are you a human?',
    'Introduce yourself.',
  ];
  const answers = [
    'I am a tiny language model. I run on your own computer and I know only a few things.',
    'I am a very small language model that runs on a CPU. I can tell short stories and answer simple questions.',
  ];
  return [[draw.pick(asked), draw.pick(answers)]];
}

function hello(draw: Draw): readonly Turn[] {
  const name = draw.pick(names);
  const short = draw.next() < 0.5;
  const greeting = draw.pick(['Hello', 'Hi', 'Hey', 'Good morning', 'Hello there']);
  if (short) {
    const answers = [
      'Hello! How can I help you?',
      'Hi! What would you like to know?',
      'Hello! I can tell you a story, if you like.',
    ];
    return [[greeting + draw.pick(['', '!', '.']), draw.pick(answers)]];
  }
  const introduction = draw.pick([
    `My name is ${name}.`,
    `${greeting}, my name is ${name}.`,
    `I am ${name}.`,
  ]);
  const between = draw.chance(0.5) ? draw.pick([sound, color, capital, arithmetic])(draw) : [];
  const memory = draw.pick(['What is my name?', 'Do you remember my name?']);
  return [[introduction, `Nice to meet you, ${name}!`], ...between, [memory, `Your name is ${name}.`]];
}

function thanks(draw: Draw): readonly Turn[] {
  const asked = draw.pick(['Thank you.', 'Thanks!', 'Thank you very much.']);
  return [[asked, draw.pick(['You are welcome!', 'You are welcome. Is there anything else?'])]];
}

function help(draw: Draw): readonly Turn[] {
  const asked = ['What can you do?', 'Help', 'How can you help me?', 'What do you know?'];
  const answer =
    'I can tell short stories, answer simple questions, count, list things, add small numbers, write small JSON objects and explain how this platform works.';
  return [[draw.pick(asked), answer]];
}

function repeating(draw: Draw): readonly Turn[] {
  const words = draw
    .shuffle([...animals, ...foods, ...names])
    .slice(0, draw.int(1, 6))
    .join(' ');
  return [[draw.pick([`Repeat after me: ${words}`, `Say: ${words}`]), words]];
}

function spelling(draw: Draw): readonly Turn[] {
  const word = draw.pick([...animals, ...foods]);
  if (draw.chance(0.5)) {
    return [[`How many letters are in the word ${word}?`, `The word ${word} has ${word.length} letters.`]];
  }
  return [[`Spell the word ${word}.`, word.toUpperCase().split('').join('-')]];
}

/** What lies beyond the model: it must say so instead of making something up. */
function beyond(draw: Draw): readonly Turn[] {
  const [verb, chore] = [draw.pick(verbs), draw.pick(chores)];
  if (draw.next() < 0.5) {
    const asked = [
      `How do I ${verb} ${chore}?`,
      `How can I ${verb} ${chore}?`,
      `Show me how to ${verb} ${chore}.`,
    ];
    return [[draw.pick(asked), `I am sorry, I do not know how to ${verb} ${chore}. I am only a tiny model.`]];
  }
  const answers = [
    'I am sorry, I do not know that. I am only a tiny model.',
    'I do not know. I am a very small model with a small memory.',
  ];
  return [[draw.pick(beyondQuestions), draw.pick(answers)]];
}

function politely(draw: Draw, asked: string): string {
  if (!draw.chance(0.15)) return asked;
  return draw.pick(['Please ', 'Could you please ']) + (asked[0] ?? '').toLowerCase() + asked.slice(1);
}

/** Each task as often as its weight says. */
const weights: readonly (readonly [Task, number])[] = [
  [story, 8],
  [continuation, 2],
  [capital, 7],
  [sound, 2],
  [color, 2],
  [arithmetic, 6],
  [counting, 1],
  [listing, 8],
  [json, 10],
  [topic, 14],
  [identity, 2],
  [hello, 6],
  [thanks, 1],
  [help, 1],
  [repeating, 8],
  [spelling, 3],
  [beyond, 7],
];
const bag = fillBag(weights);

/** Of all chats, those that functions lead. */
const functionShare = 0.9;
const functionBag = fillBag([
  [answerTask, 50],
  [madeUpAnswerTask, 6],
  [intentTask, 26],
  [toolTask, 16],
  [toolAnswerTask, 8],
  [codeTask, 10],
  [findTask, 2],
  [repeatTask, 1],
]);

function fillBag(weighted: readonly (readonly [Task, number])[]): readonly Task[] {
  return weighted.flatMap(([task, weight]) => Array.from({ length: weight }, () => task));
}
