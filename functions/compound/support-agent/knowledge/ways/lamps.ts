// What customers ask about accounts, lamps and repairs; as shop.ts. All text here was written for this project.
import type { Questions } from './shop.ts';

export const accountQuestions: Questions = {
  'reset-password': [
    [
      'I {forgot|lost|do not remember|do not know} my password.',
      'How {can|do} I {reset|change|recover} my password?',
      'How long {does|is} the {password|reset} link {work|valid|good for}?',
      'I cannot {sign in|log in} because I {forgot|lost} my password.',
      '{Where|How} do I get a new password?',
      'The {password|reset} link {does not work|has expired}, how long is it {valid|good}?',
    ],
  ],
  'locked-account': [
    [
      'My account is {locked|blocked}, {why|what now|for how long}?',
      'How long is {an|my} account {locked|blocked} {after wrong passwords|}?',
      'I {typed|entered} {the|a} wrong password {too often|too many times|many times} and {am locked out|my account is locked}.',
      'After how many {wrong passwords|tries|attempts} is {an|my} account {locked|blocked}?',
      'Why am I locked out {of my account|}?',
    ],
  ],
  'change-email': [
    [
      'How {can|do} I change my {e-mail|email|e-mail address|email address|mail address}?',
      'I have a new {e-mail|email|e-mail address|email address}.',
      '{Where|How} do I {update|edit|change} the {email|e-mail} {of|in} my account?',
      'Can I use {another|a different} {email|e-mail address} {for my account|to sign in}?',
      'How long do I have to confirm {my|the} new {e-mail|email} address?',
    ],
  ],
  'delete-account': [
    [
      'How {can|do} I {delete|close|remove} my account?',
      'I want to {delete|close|remove} my {account|profile|data}.',
      'When {is|are} my data {gone|deleted|removed} {after I delete my account|}?',
      'Please {delete|erase|remove} {my account|all my data|my personal data}.',
      'How long do you keep my data {after I close my account|when I leave}?',
    ],
  ],
  'two-factor': [
    [
      'How {can|do} I {turn on|enable|activate|set up} {two-step sign-in|two-factor|2FA|two-factor authentication}?',
      'Do you {have|offer|support} {two-step sign-in|two-factor login|2FA|two-factor authentication}?',
      'Which authenticator app {do I need|can I use|works}?',
      'How can I make my account {safer|more secure}?',
      '{Where|How} do I {protect|secure} my {account|login} with {a code|an app}?',
    ],
  ],
  newsletter: [
    [
      'How {can|do} I {unsubscribe|sign off|opt out} {from the newsletter|}?',
      'How often does the newsletter come?',
      'I {do not want|want no} {the newsletter|your newsletter|advertising mails|more e-mails from you} {any more|}.',
      'Please stop {the newsletter|sending me newsletters|your mails|the advertising}.',
      'How do I {stop|cancel|get rid of} the {newsletter|advertising}?',
      'How many newsletters do you send {a month|}?',
    ],
  ],
  points: [
    [
      'How do {bonus points|points|the points} work?',
      'How many points do I {get|collect|earn} {per euro|for a lamp|with an order}?',
      'What are {my|200|the} {points|bonus points} worth?',
      'Do you have a {bonus|loyalty|points} {programme|program|scheme}?',
      'What {can|do} I {get|buy} {for|with} my points?',
    ],
    [
      'Do {my|bonus|} points expire?',
      'When do {my|the|bonus} points {expire|run out|end}?',
      'How long are {my|bonus|the} points {valid|good}?',
      'My points are gone, {why|did they expire}?',
    ],
  ],
  'guest-order': [
    [
      'Can I {order|buy} {without an account|as a guest|without registering|without signing up}?',
      'Do I {need|have to make|have to open} an account to {order|buy} {a lamp|something|}?',
      'Must I {register|sign up|create an account} {to order|to buy a lamp|first}?',
      'Do guests {get|collect} points?',
    ],
  ],
};

export const productQuestions: Questions = {
  'bulb-socket': [
    [
      '{Which|What} {bulb|light bulb|kind of bulb} {fits|goes into|do I need for|does} {a|my|the|your} floor {lamp|lamps} {need|}?',
      'How many watts {may|can} {the|a} bulb {of a floor lamp|in my floor lamp|} have?',
      'What {socket|base|screw} {does|do} {the|your} floor {lamp|lamps} have?',
      'Is {a|the} bulb {included|E27 or E14} {in|for} {a|the} floor lamp?',
      'What is the {strongest|maximum} bulb for {a|my} floor lamp?',
    ],
    [
      '{Which|What} bulb {do I need for|goes into|fits} {a|my|the} desk lamp?',
      'Can I {change|replace} the {bulb|light} in {a|my|the} desk lamp?',
      'Does {a|my|the} desk lamp {need|have|come with} a bulb?',
    ],
  ],
  dimmer: [
    [
      '{Can|May} {I|} {the lamp|your lamps|this lamp|my lamp} be dimmed?',
      'Can I {dim|use a dimmer with} {the lamp|your lamps|my lamp|it}?',
      '{Which|What} dimmer {do I need|fits|works|can I use}?',
      '{Which|What} lamps {can be dimmed|are dimmable|work with a dimmer}?',
      'What does the moon {sign|symbol} mean?',
      'Is {it|the lamp|this lamp} dimmable?',
    ],
  ],
  'colour-temperature': [
    [
      'What colour {is|has} the light {of your lamps|}?',
      'Is the light {warm or cold|warm white|cold|yellow|white}?',
      'How many kelvin {does|do} {the light|your lamps|the desk lamp} have?',
      'What is the {colour temperature|color temperature|light colour}?',
      'Can I {set|change|adjust} the {colour|warmth|colour temperature} of the {light|desk lamp}?',
      'Do you have lamps with {cold|cooler|daylight|warm} {light|white}?',
    ],
  ],
  outdoor: [
    [
      'Can I {use|put|hang} {a lamp|your lamps|it|this lamp} {outdoors|outside|in the garden|on the balcony|on the terrace|in the bathroom}?',
      '{Which|What} lamps {are|work} {for the bathroom|for outdoors|outside|in the bathroom|in the garden|waterproof}?',
      'Is {the lamp|this lamp|it} {waterproof|safe in the rain|safe in the bathroom|water resistant}?',
      'Do you have lamps for {the garden|the bathroom|outside|my balcony|the terrace}?',
      'What is the IP rating {of your lamps|}?',
    ],
  ],
  'app-pairing': [
    [
      'How {can|do} I {connect|pair|link} {a|my|the} lamp {to|with} {the app|my phone}?',
      'My lamp does not {connect|pair} {to|with} {the app|my phone}.',
      'The app {does not find|cannot find|does not see} my lamp.',
      'How long do I {hold|press} the button {to pair|}?',
      'How do I {add|register} {a|my} lamp {in|to} the app?',
    ],
    [
      'Which {phones|phone|version of Android|iOS version} {does the app need|works with the app|do I need for the app}?',
      'Does the app {work|run} {on|with} {my phone|iPhone|Android|iOS|an old phone}?',
      'Does the app need {Bluetooth|WiFi|internet}?',
      'What does the app {need|require}?',
    ],
  ],
  'cable-length': [
    [
      'How long is the {cable|cord|wire} {of a table lamp|of the table lamp|}?',
      'What {length|size} {is|has} the {cable|cord}?',
      '{Cable|Cord} length?',
      'Is the {cable|cord} of {a|the} table lamp long enough for {two metres|my room|a big desk}?',
    ],
  ],
  cleaning: [
    [
      'How {can|do|should} I clean {a|my|the} {lamp|shade|lamp shade|lampshade|glass}?',
      'What {can|should|do} I {use|take} to clean {the shade|fabric|glass|my lamp}?',
      'My lamp {shade|} is {dusty|dirty}, how do I {clean|wash} it?',
      'Can I {use alcohol|use soap|wash the shade} to clean {it|the lamp|}?',
      'How do I get {dust|a stain} off {the shade|my lamp}?',
    ],
  ],
  assembly: [
    [
      'How long does it take to {put together|assemble|build} {a|the} {floor lamp|lamp}?',
      '{Which|What} tools do I need {to assemble|to put together|for} {a|the} {floor lamp|lamp}?',
      'Is it {hard|difficult|easy} to {assemble|put together|build} {the lamp|a floor lamp}?',
      'Do I {need|have} to {assemble|put together} {the lamp|the floor lamp|it} myself?',
    ],
  ],
  battery: [
    [
      'How long does the battery {last|run|hold} {of the Firefly|in the Firefly|}?',
      'How long {does|will} {the Firefly|the Firefly lamp|a battery lamp} {take to charge|run|last|need to charge}?',
      'How many hours does the {Firefly|battery|Firefly lamp} {last|run|work}?',
      'Do you have lamps with a battery?',
      'How fast does the {Firefly|battery} charge?',
    ],
  ],
};

export const repairQuestions: Questions = {
  warranty: [
    [
      'How long is {the|your} {warranty|guarantee}?',
      'What {warranty|guarantee} {do I have|do you give|comes with the lamp|is there}?',
      'Is my lamp still under {warranty|guarantee} after {two|three|four|six} years?',
      'How many years of {warranty|guarantee} {do lamps have|do I get|are there}?',
      'What is the {warranty|guarantee} on {a battery|batteries|lamps}?',
      'My lamp {broke|stopped working|died} after {two|three|four} years, is that {covered|under warranty}?',
    ],
  ],
  'arrived-broken': [
    [
      'My lamp {arrived|came} {broken|damaged|cracked|in pieces}.',
      'The {glass|shade|lamp} {was|is} {broken|damaged|cracked} when {it arrived|I opened the box}.',
      'The {parcel|box} {arrived|came} damaged, what {now|do I do}?',
      'What {do|can|must} I do if {a lamp|my lamp|it} {arrives|comes|is} {broken|damaged}?',
      'I {got|received} a {broken|damaged|cracked} lamp.',
      'How long do I have to report a {broken|damaged} lamp?',
    ],
  ],
  flicker: [
    [
      'My lamp {flickers|blinks|is flickering|keeps flickering}.',
      'Why does {my|the} {lamp|light} {flicker|blink|keep flickering}?',
      'The light {flickers|is unsteady|goes on and off}, what {can I do|is wrong}?',
      'What {can|do} I do {about|against} {flickering|a flickering lamp}?',
    ],
  ],
  'repair-cost': [
    [
      'How much {is|does} a repair {cost|}?',
      'What {does|do} {a repair|you charge for a repair|repairing a lamp} cost {after the warranty|}?',
      'My warranty {is over|has ended|has expired}, what does a repair cost?',
      'Can you {repair|fix} {an old lamp|my old lamp}, and {for how much|what does it cost}?',
      'Price of a repair?',
    ],
    [
      'How long does a repair take?',
      'When {will|do} I get my {lamp|repaired lamp} back from {repair|the workshop|you}?',
      'How many days {does|will} {a|the|my} repair take?',
      'How long will my lamp be {in repair|away|in the workshop} {for repair|}?',
    ],
  ],
  'spare-parts': [
    [
      'Where {can|do} I {get|order|buy} {spare parts|a spare part|a new shade|a new switch|a replacement part}?',
      'Do you {sell|have} spare parts {for old lamps|}?',
      'How long {do you keep|are} spare parts {kept|available|}?',
      'I {need|want|would like} a {spare|replacement|new} {part|switch|shade|foot|cable} for {my|an old} lamp.',
    ],
  ],
  'missing-parts': [
    [
      'There {are|were} {screws|parts|pieces} missing {in the box|in my box|}.',
      'A {screw|part|piece|bolt} is missing.',
      '{Screws|Parts|Some parts|Two screws} are missing, {can you send them|what now|when do I get them}?',
      'The box {did not have|has no|came without} {screws|all parts|the key|a manual}.',
      'How {fast|soon} do you send missing {parts|screws|pieces}?',
    ],
  ],
  recycling: [
    [
      'Where {can|do} I {bring|recycle|throw away|dispose of} {my|an} old {lamp|lamps}?',
      'Do you {take back|recycle|accept} old lamps?',
      'How many old lamps can I {bring|give back|hand in}?',
      'What {can|do|should} I do with my old {lamp|lamps}?',
      'How do I {get rid of|dispose of|recycle} {an|my} old lamp?',
    ],
  ],
};
