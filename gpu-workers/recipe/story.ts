// Short stories from templates: someone, a place, a thing, a trouble, a friend, an end. Owns the stories alone.
import { capitalize, withArticle, type Draw } from './draw.ts';
import { adjectives, animals, feelings, foods, lessons, names, places, things, weathers } from './words.ts';

/** What the story must be about; the rest is drawn. */
export interface StoryWish {
  readonly name?: string;
  readonly animal?: string;
  readonly thing?: string;
  readonly lesson?: string;
}

interface Cast {
  readonly name: string;
  readonly friend: string;
  readonly helper: string;
  readonly they: string;
  readonly them: string;
  readonly their: string;
  readonly place: string;
  readonly otherPlace: string;
  readonly thing: string;
  readonly food: string;
  readonly feeling: string;
  readonly reaction: string;
  readonly lesson: string;
  readonly who: string;
}

export function writeStory(draw: Draw, wish: StoryWish = {}): string {
  const cast = chooseCast(draw, wish);
  const lines = [...writeBeginning(draw, cast), ...writeEnd(draw, cast)];
  if (wish.lesson !== undefined) lines.push(`${capitalize(cast.they)} had learned that ${cast.lesson}.`);
  return lines.join(' ');
}

function chooseCast(draw: Draw, wish: StoryWish): Cast {
  const name = wish.name ?? draw.pick(names);
  const animal = wish.animal ?? (draw.chance(0.75) ? draw.pick(animals) : null);
  const adjective = draw.pick(adjectives);
  const female = draw.chance(0.5);
  let friend = draw.pick(names);
  while (friend === name) friend = draw.pick(names);
  const helper = draw.pick(animals);
  const place = draw.pick(places);
  const otherPlace = draw.pick(places.filter((each) => each !== place));
  const thing = wish.thing ?? draw.pick(things);
  const food = draw.pick(foods);
  const [feeling, reaction] = draw.pick(feelings);
  const lesson = wish.lesson ?? draw.pick(lessons);
  const kind = animal ?? (female ? 'girl' : 'boy');
  const who = `${withArticle(adjective)} ${kind} named ${name}`;
  const pronouns = female
    ? { they: 'she', them: 'her', their: 'her' }
    : { they: 'he', them: 'him', their: 'his' };
  return {
    name,
    friend,
    helper,
    ...pronouns,
    place,
    otherPlace,
    thing,
    food,
    feeling,
    reaction,
    lesson,
    who,
  };
}

function writeBeginning(draw: Draw, cast: Cast): string[] {
  const { name, friend, helper, they, them, their, place, otherPlace, thing, food, feeling, reaction, who } =
    cast;
  return [
    draw.pick([
      `Once upon a time, there was ${who}.`,
      `Once upon a time, ${who} lived near ${otherPlace}.`,
      `Long ago, there was ${who}.`,
      `There once was ${who} who lived near ${otherPlace}.`,
    ]),
    draw.pick([
      `${name} loved to play near ${place}.`,
      `${name} liked to eat ${food} and look at the sky.`,
      `Every day, ${name} walked to ${place}.`,
      `${capitalize(they)} had a good friend named ${friend}.`,
      `${capitalize(they)} loved ${their} ${thing} very much.`,
    ]),
    draw.pick([
      `One ${draw.pick(weathers)} day, ${name} went to ${place} and found ${withArticle(thing)}.`,
      `One day, ${name} was walking by ${place} when ${they} saw ${withArticle(thing)}.`,
      `One ${draw.pick(weathers)} morning, ${name} could not find ${their} ${thing}.`,
      `One ${draw.pick(weathers)} evening, ${name} heard a strange sound near ${place}.`,
    ]),
    draw.pick([
      `${name} was ${feeling} and ${reaction}.`,
      `${capitalize(they)} felt ${feeling}.`,
      `"Oh no!" said ${name}. ${capitalize(they)} was ${feeling}.`,
      `"What is this?" ${name} asked. ${capitalize(they)} was ${feeling}.`,
    ]),
    draw.pick([
      `Then ${withArticle(helper)} named ${friend} came along. "Can I help you?" asked ${friend}.`,
      `Just then, ${their} friend ${friend} came by. "What is wrong?" asked ${friend}.`,
      `${name} ran to ${their} friend ${friend} and told ${draw.chance(0.5) ? 'him' : 'her'} everything.`,
      `A kind ${helper} named ${friend} heard ${them} and stopped.`,
    ]),
  ];
}

function writeEnd(draw: Draw, cast: Cast): string[] {
  const { name, friend, they, otherPlace, thing, food, lesson } = cast;
  const lines: string[] = [];
  if (draw.chance(0.75)) {
    const pleas = [
      `"Please help me," said ${name}. "I want to take the ${thing} home."`,
      `"I do not know what to do," said ${name}.`,
      `"I am looking for the ${thing}," said ${name}.`,
      `"Let us go together," said ${name}.`,
      `"Do not worry," said ${friend}. "We can do it together."`,
    ];
    lines.push(draw.pick(pleas));
  }
  const searches = [
    `They looked under the trees, behind the rocks, and near the water.`,
    `They walked all the way to ${otherPlace}.`,
    `They worked hard until the sun went down.`,
    `They made a plan and shared some ${food}.`,
    `They climbed up high and looked around.`,
  ];
  lines.push(draw.pick(searches));
  if (draw.chance(0.6)) {
    const setbacks = [
      `It was not easy, but they did not give up.`,
      `It started to rain, but they kept going.`,
      `${friend} was tired, so they rested and ate ${food}.`,
      `Soon they met ${withArticle(draw.pick(animals))} who showed them the way.`,
    ];
    lines.push(draw.pick(setbacks));
  }
  const findings = [
    `At last, they found the ${thing}.`,
    `In the end, the ${thing} was safe.`,
    `At last, ${name} knew what to do with the ${thing}.`,
    `Finally, ${friend} saw the ${thing} and shouted, "Here it is!"`,
  ];
  const joys = [
    `${name} was so happy that ${they} danced.`,
    `"Thank you, ${friend}!" said ${name}.`,
    `${name} gave ${friend} a big hug.`,
    `They laughed and ate ${food} together.`,
  ];
  const ends = [
    `From that day on, ${name} and ${friend} were best friends.`,
    `That night, ${name} slept well.`,
    `${name} learned that ${lesson}.`,
    `They all went home and lived happily.`,
  ];
  return [...lines, draw.pick(findings), draw.pick(joys), draw.pick(ends)];
}
