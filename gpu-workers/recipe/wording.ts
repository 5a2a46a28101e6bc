// How people write: alternatives of a template, politeness, small mistakes. Owns the form of a message, not what it says.
import type { Draw } from './draw.ts';

/** Draws one of the alternatives in each brace: "{How long|How many days} does it take?" */
export function fill(draw: Draw, template: string): string {
  return template
    .replace(/\{([^{}]*)\}/g, (_, inside: string) => draw.pick(inside.split('|')))
    .replace(/ +/g, ' ')
    .replace(/ ([.,?!])/g, '$1')
    .trim();
}

/** As a customer would send it: with a greeting, without a question mark, in a hurry. Words in capitals and digits stay as they are. */
export function garble(draw: Draw, asked: string): string {
  let text = asked;
  if (draw.chance(0.15)) text = draw.pick(openings) + lowerFirst(text);
  if (draw.chance(0.1)) text += draw.pick(endings);
  if (draw.chance(0.08)) text = `${draw.pick(lead)} ${text}`;
  if (draw.chance(0.2)) text = text.replace(/[?.!]$/, '');
  if (draw.chance(0.2)) text = lowerWords(text);
  if (draw.chance(0.06)) text = text.replace(/\?$/, draw.pick(['??', '?!', ' ?']));
  if (draw.chance(0.15)) text = mistype(draw, text);
  return text;
}

/** The same question with words left out and others between: what stays are words that tell, not the shape of a template. */
export function loosen(draw: Draw, asked: string): string {
  const words = asked.replace(/[?.!]$/, '').split(' ');
  const kept = words.filter((word) => draw.chance(word.length > 3 ? 0.88 : 0.6));
  const at = draw.int(0, kept.length);
  const between = draw.chance(0.6) ? [draw.pick(fillers)] : [];
  const loose = [...kept.slice(0, at), ...between, ...kept.slice(at)].join(' ');
  return `${loose}${draw.pick(['?', '?', '.', ', how is that?', ', is that so?', ''])}`;
}

const fillers = [
  'my brother',
  'for my mother',
  'in Hamburg',
  'this week',
  'after all',
  'at the moment',
  'please',
  'actually',
  'again and again',
  'another one',
  'my cousin',
  'next month',
  'a friend of mine',
  'in the end',
  'a month ago',
  'for an hour',
  'with us',
  'several times',
  'by then',
  'one of them',
  'myself',
  'on the way',
  'two of these',
  'of course',
  'in my flat',
  'for good',
  'yesterday',
  'every few days',
  'would you',
  'must I',
  'may I',
  'could you',
  'is it possible',
  'I wonder',
  'what should I do',
  'what if',
] as const;

const openings = [
  'Hi, ',
  'Hello, ',
  'Hey, ',
  'Good morning, ',
  'Excuse me, ',
  'Sorry, ',
  'Please tell me, ',
  'One question: ',
  'Quick question, ',
  'I would like to know: ',
  'Can you tell me, ',
  'Hi there, ',
  'Dear team, ',
  'Tell me, ',
] as const;
const endings = [
  ' Thanks!',
  ' Thank you.',
  ' Please help.',
  ' Thanks in advance.',
  ' I hope you can help.',
  ' Please answer soon.',
] as const;
const lead = [
  'I am a new customer.',
  'I ordered last week.',
  'I looked everywhere.',
  'I have a question.',
  'It is my first order.',
  'I could not find this on your site.',
  'I really like your lamps.',
] as const;

function lowerFirst(text: string): string {
  return /^(?:I|[A-Z]\d|[A-Z]{2})/.test(text) ? text : (text[0] ?? '').toLowerCase() + text.slice(1);
}

function lowerWords(text: string): string {
  return text
    .split(' ')
    .map((word) => (/^(?:[A-Z]\d|[A-Z]{2})/.test(word) ? word : word.toLowerCase()))
    .join(' ');
}

/** One slip of a finger, in a word of small letters that is long enough to be known nevertheless. */
function mistype(draw: Draw, text: string): string {
  const words = text.split(' ');
  const long = words.map((word, at) => ({ word, at })).filter(({ word }) => /^[a-z]{5,}/.test(word));
  if (long.length === 0) return text;
  const { word, at } = draw.pick(long);
  const spot = draw.int(1, word.length - 2);
  const slips = [
    word.slice(0, spot) + word.slice(spot + 1),
    word.slice(0, spot) + (word[spot] ?? '') + word.slice(spot),
    word.slice(0, spot) + (word[spot + 1] ?? '') + (word[spot] ?? '') + word.slice(spot + 2),
  ];
  return [...words.slice(0, at), draw.pick(slips), ...words.slice(at + 1)].join(' ');
}
