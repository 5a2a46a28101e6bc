// The facts that the model is taught. All text here was written for this project.

export const capitals: Readonly<Record<string, string>> = {
  France: 'Paris',
  Germany: 'Berlin',
  Italy: 'Rome',
  Spain: 'Madrid',
  Portugal: 'Lisbon',
  Poland: 'Warsaw',
  Austria: 'Vienna',
  Greece: 'Athens',
  Norway: 'Oslo',
  Sweden: 'Stockholm',
  Denmark: 'Copenhagen',
  Finland: 'Helsinki',
  Ireland: 'Dublin',
  Japan: 'Tokyo',
  China: 'Beijing',
  India: 'New Delhi',
  Egypt: 'Cairo',
  Kenya: 'Nairobi',
  Canada: 'Ottawa',
  Mexico: 'Mexico City',
  Brazil: 'Brasilia',
  Peru: 'Lima',
  Chile: 'Santiago',
  Argentina: 'Buenos Aires',
  Cuba: 'Havana',
  Turkey: 'Ankara',
  Russia: 'Moscow',
  Ukraine: 'Kyiv',
  Hungary: 'Budapest',
  Romania: 'Bucharest',
  Belgium: 'Brussels',
  Australia: 'Canberra',
  Iceland: 'Reykjavik',
  Thailand: 'Bangkok',
  Vietnam: 'Hanoi',
  Nepal: 'Kathmandu',
  Iran: 'Tehran',
  Iraq: 'Baghdad',
  'South Korea': 'Seoul',
  'the United States': 'Washington, D.C.',
  'the United Kingdom': 'London',
  'the Netherlands': 'Amsterdam',
};

export const sounds: Readonly<Record<string, string>> = {
  dog: 'woof',
  cat: 'meow',
  cow: 'moo',
  duck: 'quack',
  sheep: 'baa',
  pig: 'oink',
  horse: 'neigh',
  frog: 'ribbit',
  lion: 'roar',
  bee: 'buzz',
  hen: 'cluck',
  owl: 'hoot',
  mouse: 'squeak',
  wolf: 'howl',
};

export const colors: Readonly<Record<string, string>> = {
  'the sky': 'blue',
  grass: 'green',
  snow: 'white',
  coal: 'black',
  'a banana': 'yellow',
  'an orange': 'orange',
  blood: 'red',
  'a lemon': 'yellow',
  milk: 'white',
  'a carrot': 'orange',
  chocolate: 'brown',
  'a cherry': 'red',
};

export const lists: Readonly<Record<string, readonly string[]>> = {
  fruits: [
    'apples',
    'bananas',
    'pears',
    'grapes',
    'cherries',
    'lemons',
    'plums',
    'peaches',
    'oranges',
    'mangoes',
  ],
  animals: ['dogs', 'cats', 'lions', 'bears', 'wolves', 'owls', 'foxes', 'horses', 'goats', 'deer'],
  colors: ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'white', 'black', 'brown', 'pink'],
  vegetables: ['carrots', 'peas', 'onions', 'beans', 'potatoes', 'corn', 'peppers', 'spinach'],
  planets: ['Mercury', 'Venus', 'Earth', 'Mars', 'Jupiter', 'Saturn', 'Uranus', 'Neptune'],
  'days of the week': ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  'programming languages': ['TypeScript', 'Python', 'Rust', 'Go', 'Java', 'C', 'Ruby', 'Swift'],
};

/** What an inference platform is about. */
export const topics: Readonly<Record<string, string>> = {
  'a cold start':
    'A cold start is the time it takes to get a model ready when no replica is running. The platform must start a process, load the weights and warm up before the first token can be sent.',
  autoscaling:
    'Autoscaling changes the number of replicas as the load changes. When requests wait in a queue, the platform adds replicas. When there is no work, it removes them, down to zero if allowed.',
  'scale to zero':
    'Scale to zero means that a model with no traffic runs no replicas at all. It costs nothing while idle, but the first request after that pays for a cold start.',
  batching:
    'Batching runs many requests through the model at the same time. It raises the number of tokens per second, and each request may wait a little longer.',
  'a token':
    'A token is a small piece of text, such as a word or a part of a word. Language models read and write text one token at a time.',
  'a language model':
    'A language model is a program that has learned to guess the next token of a text. By guessing again and again, it can write whole sentences.',
  streaming:
    'Streaming sends each token to the client as soon as it is ready. The reader sees the first words early and does not have to wait for the full answer.',
  'a replica':
    'A replica is one running copy of a model server. More replicas can serve more requests at the same time.',
  'a queue':
    'A queue holds requests that wait for a free replica. The first request that came in is the first to be served.',
  latency:
    'Latency is the time between a request and its answer. For language models, people often measure the time to the first token and the time per token.',
  throughput:
    'Throughput is how much work a system does in a given time. For language models it is often counted in tokens per second.',
  'an embedding':
    'An embedding is a list of numbers that stands for a text. Texts with a similar meaning have embeddings that are close together.',
  'a GPU':
    'A GPU is a chip that does many small calculations at the same time. It is well suited to running neural networks.',
  quantization:
    'Quantization stores the weights of a model with fewer bits. The model becomes smaller and faster, and loses only a little quality.',
  'a context window':
    'The context window is the number of tokens a model can look at. Text that does not fit into it is forgotten.',
  'a rate limit':
    'A rate limit sets how many requests or tokens a client may use in a given time. When the limit is reached, the server answers with the status code 429.',
  'an API key':
    'An API key is a secret string that tells the server who is calling. Keep it safe and never put it into public code.',
  'a health check':
    'A health check is a small request that asks a server if it is ready. A replica that fails its health checks gets no traffic.',
  'a load balancer':
    'A load balancer spreads requests over several replicas. It tries to send each request to the replica with the least work.',
  'a webhook':
    'A webhook is a request that a server sends to your own address when something happens, such as when a long job is done.',
  'the KV cache':
    'The KV cache keeps the keys and values of tokens that the model has already read. With it, the model does not have to read the whole prompt again for each new token.',
  temperature:
    'Temperature controls how random the output is. A low temperature gives safe and repeated answers, and a high temperature gives more surprising ones.',
  JSON: 'JSON is a simple text format for data. It has objects, arrays, strings, numbers, true, false and null.',
  TypeScript:
    'TypeScript is JavaScript with types. The compiler finds many mistakes before the program runs.',
};

export const numberWords = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
] as const;
