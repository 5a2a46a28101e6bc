// Articles on the lamps themselves and their repair. All text here was written for this project. Data only.
import { article, type Article } from './article.ts';

export const productArticles: readonly Article[] = [
  article(
    'bulb-socket',
    'product',
    'Which bulb fits',
    'All our floor lamps use an E27 bulb of at most 40 watts.',
    'Our desk lamps have built-in light and need no bulb.',
  ),
  article(
    'dimmer',
    'product',
    'Dimming',
    'Lamps with the moon sign can be dimmed with any wall dimmer for LED.',
  ),
  article(
    'colour-temperature',
    'product',
    'The colour of the light',
    'Our light is warm white with 2700 kelvin; desk lamps can be set up to 5000 kelvin.',
  ),
  article(
    'outdoor',
    'product',
    'Outdoors and in the bathroom',
    'Only the Harbour series is made for outdoors and bathrooms; it is rated IP65.',
  ),
  article(
    'app-pairing',
    'product',
    'Connecting to the app',
    'To connect a lamp to the app, hold its button for 8 seconds until it blinks blue.',
    'The app needs Bluetooth and works with Android 10 or iOS 15.',
  ),
  article('cable-length', 'product', 'Cables', 'The cable of every table lamp is 1.8 metres long.'),
  article(
    'cleaning',
    'product',
    'Cleaning',
    'Clean shades of fabric with a soft brush, and glass with a damp cloth, never with alcohol.',
  ),
  article(
    'assembly',
    'product',
    'Putting a lamp together',
    'Putting a floor lamp together takes about 15 minutes and needs only the key in the box.',
  ),
  article(
    'battery',
    'product',
    'Lamps with a battery',
    'The battery of the Firefly lamp lasts 9 hours and charges in 2 hours.',
  ),
];

export const repairArticles: readonly Article[] = [
  article(
    'warranty',
    'repair',
    'The warranty',
    'All lamps have a warranty of 5 years; batteries have 1 year.',
  ),
  article(
    'arrived-broken',
    'repair',
    'Broken on arrival',
    'If a lamp arrives broken, send us a photo within 3 days, and we replace it free of charge.',
  ),
  article(
    'flicker',
    'repair',
    'A lamp that flickers',
    'A lamp that flickers mostly has a loose bulb or an old dimmer; try it without the dimmer first.',
  ),
  article(
    'repair-cost',
    'repair',
    'What a repair costs',
    'After the warranty a repair costs 29 euros plus parts.',
    'A repair takes about 12 working days.',
  ),
  article(
    'spare-parts',
    'repair',
    'Spare parts',
    'Spare parts are kept for 8 years and can be ordered at parts@lumenlamps.example.',
  ),
  article(
    'missing-parts',
    'repair',
    'Parts are missing',
    'If screws or other parts are missing, we send them within 48 hours, without any cost.',
  ),
  article(
    'recycling',
    'repair',
    'Old lamps',
    'We take back old lamps for recycling in our shop, at most 5 per visit.',
  ),
];
