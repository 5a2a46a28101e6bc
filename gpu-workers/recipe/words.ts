// The words that chats are made of. All text here was written for this project.

function split(words: string): readonly string[] {
  return words.split(' ');
}

export const names = split(
  'Lily Tom Anna Ben Mia Sam Lucy Max Ella Leo Nora Jack Zoe Finn Ruby Oscar Ivy Hugo Clara Theo Rosa Felix Maya Noah Jane Omar Lena Paul Tara Eli',
);

export const animals = split(
  'fox rabbit bear cat dog mouse owl frog duck turtle squirrel lion goat horse pig hen hedgehog otter wolf deer robin beaver',
);

export const adjectives = split(
  'little brave clever kind shy happy lonely curious sleepy proud gentle quick young old quiet funny',
);

export const places = [
  'the forest',
  'the park',
  'the river',
  'the hill',
  'the garden',
  'the beach',
  'the village',
  'the farm',
  'the lake',
  'the old house',
  'the market',
  'the mountain',
  'the school',
  'the bridge',
] as const;

export const things = [
  'red ball',
  'golden key',
  'small boat',
  'shiny stone',
  'blue kite',
  'old map',
  'warm blanket',
  'wooden box',
  'silver bell',
  'lost hat',
  'glass bottle',
  'paper lantern',
  'honey jar',
  'green umbrella',
  'toy train',
  'music box',
  'bright feather',
  'torn book',
] as const;

export const foods = split('apples bread honey soup berries cake cheese carrots pears cookies corn nuts');

export const weathers = ['sunny', 'rainy', 'windy', 'cold', 'warm', 'snowy', 'foggy', 'stormy'] as const;

/** How someone feels, and what that makes them do. */
export const feelings = [
  ['sad', 'cried'],
  ['happy', 'smiled'],
  ['scared', 'shook'],
  ['excited', 'jumped'],
  ['tired', 'yawned'],
  ['angry', 'stamped'],
  ['surprised', 'gasped'],
  ['worried', 'sighed'],
] as const;

export const lessons = [
  'it is good to share',
  'friends help each other',
  'it is brave to ask for help',
  'small steps can go a long way',
  'telling the truth is best',
  'kind words make a big difference',
  'being patient pays off',
  'everyone is good at something',
  'it is fine to make mistakes',
  'working together is better than working alone',
] as const;

/** What a tiny model is asked to do and cannot. */
export const verbs = split(
  'cook fix build paint clean buy sell draw write grow repair open close move wash plan design test deploy learn teach read sing cut fold bake drive fly install remove',
);

export const chores = [
  'rice',
  'a car',
  'a house',
  'a bike',
  'soup',
  'a garden',
  'bread',
  'the piano',
  'a letter',
  'a book',
  'the window',
  'a shirt',
  'a plane',
  'a boat',
  'a table',
  'a poem',
  'the server',
  'a bridge',
  'a song',
  'a phone',
  'music',
  'pasta',
  'a kite',
  'the database',
  'the roof',
  'a chair',
  'a report',
  'a website',
] as const;

export const beyondQuestions = [
  'Who won the game last night?',
  'What is the weather like today?',
  'What time is it?',
  'What is the price of gold?',
  'Can you book a flight?',
  'Write a long essay about history.',
  'What is the latest news?',
  'Solve this hard problem.',
  'Translate this text.',
  'Who is the president?',
  'Why is the sky blue?',
  'What is love?',
  'What is the meaning of life?',
  'Where can I find a good restaurant?',
  'When was the war?',
  'Who wrote this book?',
  'Which team is the best?',
  'Is it going to rain?',
  'Do you like music?',
  'Write some code.',
  'Summarize this article.',
  'What should I do today?',
] as const;
