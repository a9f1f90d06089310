/**
 * Requests of at most one megabyte, each built to be as expensive as possible: in its variables, its document or
 * its envelope. They use this API's own fields, so that nothing is refused too early.
 */
import fc from 'fast-check';

export interface Shape {
  readonly what: string;
  /** The body of a POST. Without it the request is a GET with `search` after the path. */
  readonly body?: string | Buffer;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const MEGABYTE = 1_000_000;

/** Joins as many parts as fit into `room` characters. */
function fill(room: number, part: (n: number) => string, separator = ','): string {
  const parts: string[] = [];
  for (let n = 0, length = 0; ; n++) {
    const text = part(n);
    length += text.length + separator.length;
    if (length > room) return parts.join(separator);
    parts.push(text);
  }
}
const repeated = (count: number, part: (n: number) => string, separator = ' '): string =>
  Array.from({ length: count }, (_, n) => part(n)).join(separator);

const ENQUEUE = 'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }';
const ENQUEUE_MANY = 'mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) { __typename } }';
const SEARCH = 'query ($filter: QueuedCreationFilter) { queuedCreations(filter: $filter, first: 1) { totalCount } }';
const PLAIN = '{ __typename }';
/** With @skip or @include, variables are coerced before anything is executed. */
const conditional = (query: string): string =>
  query.replace('__typename', '__typename @skip(if: false)').replace('totalCount', 'totalCount @include(if: true)');

const posted = (what: string, query: string, variables: string): Shape[] =>
  [query, conditional(query)].map((text, n) => ({
    what: n === 0 ? what : `${what}, with directives`,
    body: `{"query":${JSON.stringify(text)},"variables":${variables}}`,
  }));

const ROOM = MEGABYTE - 500;
const LONG = 'x'.repeat(900_000);

/** The input of a mutation that takes one entry. */
const INPUTS: Readonly<Record<string, string>> = {
  '100,000 wrong keys': `{${fill(ROOM, (n) => `"k${n}":1`)}}`,
  'short wrong keys, each an object': `{${fill(ROOM, (n) => `"${n.toString(36)}":{}`)}}`,
  'keys that are numbers': `{${fill(ROOM, (n) => `"${n * 1_000}":1`)}}`,
  'one long text among wrong keys': `{"familyId":"${'x'.repeat(500_000)}",${fill(ROOM - 500_100, (n) => `"k${n}":1`)}}`,
  'one long key': `{"${LONG}":1}`,
  'twenty long keys': `{${repeated(20, (n) => `"${n}${'x'.repeat(45_000)}":1`, ',')}}`,
  'the same key again and again': `{${fill(ROOM, () => '"username":""')}}`,
  'a list where one is wanted': `[${fill(ROOM, () => '{}')}]`,
  'a list of a right field': `{"username":[${fill(ROOM, () => '"a"')}]}`,
  'objects in objects': `${'{"a":'.repeat(160_000)}1${'}'.repeat(160_000)}`,
  'lists in lists': `${'['.repeat(490_000)}${']'.repeat(490_000)}`,
  'lists in a text’s place': `{"username":${'['.repeat(490_000)}${']'.repeat(490_000)}}`,
  'a long number': `{"username":${'9'.repeat(900_000)}}`,
  'long escapes': `{"username":"${'\\u0041'.repeat(150_000)}"}`,
  'suggestions in a key': `{${repeated(20, (n) => `"${n}${' Did you mean '.repeat(3_000)}":1`, ',')}}`,
};

const ITEMS: Readonly<Record<string, string>> = {
  '200,000 items': `{"items":[${fill(ROOM, () => '1')}]}`,
  'empty items': `{"items":[${fill(ROOM, () => '{}')}]}`,
  'null items': `{"items":[${fill(ROOM, () => 'null')}]}`,
  'items of one wrong key': `{"items":[${fill(ROOM, (n) => `{"k${n}":1}`)}]}`,
  'items in lists': `{"items":[${fill(ROOM, () => '[]')}]}`,
  'an item of 100,000 keys': `{"items":[{${fill(ROOM, (n) => `"k${n}":1`)}}]}`,
  'items whose ids are wrong': `{"items":[${fill(ROOM, () => '{"familyId":"x","createdByUserId":"x","fullName":"","username":""}')}]}`,
  'items that are right': `{"items":[${fill(ROOM, (n) => `{"familyId":"0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11","createdByUserId":"0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11","fullName":"N","username":"name_${n}"}`)}]}`,
};

const FILTERS: Readonly<Record<string, string>> = {
  '90,000 right states': `{"status":[${fill(ROOM, () => '"PENDING"')}]}`,
  '90,000 wrong states': `{"status":[${fill(ROOM, () => '"PENDINK"')}]}`,
  'a long wrong state': `{"status":["${LONG}"]}`,
  '25,000 ids': `{"entryIds":[${fill(ROOM, () => '"0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11"')}]}`,
  '200,000 wrong ids': `{"entryIds":[${fill(ROOM, () => '1')}]}`,
  'many texts': `{"username":{"in":[${fill(ROOM, () => '"a"')}]}}`,
  'a long text': `{"username":{"startsWith":"${'%'.repeat(900_000)}"}}`,
  'a long group': `{"failureGroup":"${LONG}"}`,
};

/** Requests whose bulk is in the variables. */
export const VARIABLES: readonly Shape[] = [
  ...Object.entries(INPUTS).flatMap(([what, input]) => posted(`an input of ${what}`, ENQUEUE, `{"input":${input}}`)),
  ...Object.entries(ITEMS).flatMap(([what, input]) => posted(what, ENQUEUE_MANY, `{"input":${input}}`)),
  ...Object.entries(FILTERS).flatMap(([what, filter]) => posted(`a filter of ${what}`, SEARCH, `{"filter":${filter}}`)),
  ...posted('100,000 variables that nobody declared', PLAIN, `{${fill(ROOM, (n) => `"k${n}":1`)}}`),
  ...posted('variables as a list', PLAIN, `[${fill(ROOM, () => '1')}]`),
  ...posted('variables as a text', PLAIN, JSON.stringify(LONG)),
  ...posted('variables of nothing but brackets', PLAIN, `{"a":${'['.repeat(490_000)}${']'.repeat(490_000)}}`),
  ...posted(
    '300 declared variables that are wrong',
    `query (${repeated(300, (n) => `$v${n}: [Int!]`)}) { __typename }`,
    `{${repeated(300, (n) => `"v${n}":[${repeated(600, () => '"x"', ',')}]`, ',')}}`,
  ),
];

const json = (query: string): string => JSON.stringify({ query });
/** A root field that may be selected repeatedly under one name. */
const F = 'queueStatistics';

/** Requests whose document is as large as the limits allow, or larger. */
export const DOCUMENTS: readonly Shape[] = [
  ['100,000 fields', `{ ${fill(ROOM, () => 'a', ' ')} }`],
  ['one field 2,400 times', `{ ${F} { ${repeated(2_400, () => 'dueCount')} } }`],
  [
    'one field with arguments 600 times',
    `{ families { nodes { ${repeated(600, () => 'members(first:1){totalCount}')} } } }`,
  ],
  [
    'one field with long arguments',
    `{ queuedCreations { nodes { ${repeated(300, () => `family { members(after: "${'x'.repeat(200)}") { totalCount } }`)} } } }`,
  ],
  [
    '245 fragments at one place',
    `{ ${F} { ${repeated(245, (n) => `...F${n}`)} } } ${repeated(245, (n) => `fragment F${n} on QueueStatistics { dueCount pendingCount failedCount }`)}`,
  ],
  [
    '490 fragments at one place',
    `{ ${F} { ${repeated(490, (n) => `...F${n}`)} } } ${repeated(490, (n) => `fragment F${n} on QueueStatistics { dueCount }`)}`,
  ],
  [
    'one fragment 1,600 times',
    `{ ${F} { ${repeated(1_600, () => '...F')} } } fragment F on QueueStatistics { dueCount }`,
  ],
  ['600 inline fragments', `{ ${F} { ${repeated(600, () => '... on QueueStatistics { dueCount pendingCount }')} } }`],
  [
    'fragments that spread all others',
    `{ ${F} { ...F0 } } ${repeated(60, (n) => `fragment F${n} on QueueStatistics { dueCount ${repeated(59 - n, (m) => `...F${n + 1 + m}`)} }`)}`,
  ],
  [
    'fragments that spread twice',
    `{ ${F} { ...F0 } } ${repeated(10, (n) => `fragment F${n} on QueueStatistics { dueCount ...F${n + 1} ...F${n + 1} }`)} fragment F10 on QueueStatistics { dueCount }`,
  ],
  ['fragments that nobody spreads', `{ __typename } ${repeated(700, (n) => `fragment F${n} on Query { __typename }`)}`],
  ['fragments in a ring', `{ ...F0 } ${repeated(600, (n) => `fragment F${n} on Query { ...F${(n + 1) % 600} }`)}`],
  ['1,000 operations', repeated(1_000, (n) => `query Q${n} { __typename }`)],
  [
    '500 operations over one chain of fragments',
    `${repeated(400, (n) => `query Q${n} { ...F0 }`)} ${repeated(250, (n) => `fragment F${n} on Query { ...F${n + 1} }`)} fragment F250 on Query { __typename }`,
  ],
  [
    'operations that each spread all fragments',
    `${repeated(250, (n) => `query Q${n} { ...All }`)} fragment All on Query { ${repeated(190, (n) => `...F${n}`)} } ${repeated(190, (n) => `fragment F${n} on Query { families(first: $v${n}) { totalCount } }`)}`,
  ],
  [
    'operations of one field again and again',
    repeated(24, (n) => `query Q${n} { queueStatistics { ${repeated(198, () => 'dueCount')} } }`),
  ],
  [
    'operations of one field with arguments again and again',
    repeated(
      10,
      (n) => `query Q${n} { families { nodes { ${repeated(60, () => 'members(first: 1) { totalCount }')} } } }`,
    ),
  ],
  [
    'one field with its fields below again and again',
    `{ families { nodes { ${repeated(14, () => `members { ${repeated(12, () => 'totalCount')} }`)} } } }`,
  ],
  [
    'the schema in 490 fragments',
    `{ __schema { ${repeated(490, (n) => `...F${n}`)} } } ${repeated(490, (n) => `fragment F${n} on __Schema { description }`)}`,
  ],
  [
    'the schema as often as may be',
    `{ ${repeated(3, (n) => `a${n}: __schema { types { name fields { name args { name type { name } } type { name ofType { name } } } } }`)} }`,
  ],
  ['1,200 variables', `query (${repeated(1_200, (n) => `$v${n}: Int`)}) { __typename }`],
  [
    'variables used everywhere',
    `query (${repeated(300, (n) => `$v${n}: Int`)}) { families { nodes { ${repeated(190, (n) => `a${n}: members(first: $v${n}) { totalCount }`)} } } }`,
  ],
  ['unknown fields', `{ ${F} { ${repeated(2_000, (n) => `dueCoun${n}`)} } }`],
  ['unknown arguments', `{ families(${repeated(1_600, (n) => `a${n}: 1`)}) { totalCount } }`],
  ['unknown fields of an input', `{ queuedCreations(filter: {${repeated(1_600, (n) => `a${n}: 1`)}}) { totalCount } }`],
  [
    'one field of an input again and again',
    `{ queuedCreations(filter: {${repeated(1_600, () => 'familyId: 1')}}) { totalCount } }`,
  ],
  ['unknown directives', `{ ${repeated(16, () => '__typename @a @b @c')} }`],
  ['unknown types', `query (${repeated(900, (n) => `$v${n}: QueuedCreatio${n}`)}) { __typename }`],
  ['unknown states', `{ queuedCreations(filter: {status: [${repeated(4_500, () => 'PENDINK')}]}) { totalCount } }`],
  ['a long name', `{ ${'x'.repeat(99_000)} }`],
  ['a long name 48 times', `{ ${repeated(48, () => 'x'.repeat(2_000))} }`],
  ['a long text', `{ node(id: "${'x'.repeat(99_000)}") { id } }`],
  ['a long text where a number is wanted', `{ families(first: "${'x'.repeat(99_000)}") { totalCount } }`],
  ['a long block string', `{ node(id: """${'\n  '.repeat(33_000)}""") { id } }`],
  ['a block string of quotes', `{ node(id: """${'\\"""'.repeat(24_000)}""") { id } }`],
  ['long comments', `{ ${`#${'x'.repeat(80)}\n`.repeat(1_200)} __typename }`],
  ['a megabyte of comments', `#${'x'.repeat(990_000)}\n{ __typename }`],
  ['a megabyte of commas', `${','.repeat(990_000)}{ __typename }`],
  ['a megabyte of a text', `{ node(id: "${'x'.repeat(990_000)}") { id } }`],
  ['an open text', `{ node(id: "${'x'.repeat(90_000)}`],
  ['open braces', '{a'.repeat(2_400)],
  [
    'lists in lists',
    `{ queuedCreations(filter: { status: ${'['.repeat(2_400)}${']'.repeat(2_400)} }) { totalCount } }`,
  ],
  ['objects in objects', `{ queuedCreations(filter: ${'{a:'.repeat(1_200)}1${'}'.repeat(1_200)}) { totalCount } }`],
  ['types in types', `query ($v: ${'['.repeat(2_400)}Int${']'.repeat(2_400)}) { __typename }`],
  ['inline fragments in inline fragments', `{ ${'... { '.repeat(90)} __typename ${'}'.repeat(90)} }`],
  ['a long number', `{ families(first: ${'9'.repeat(90_000)}) { totalCount } }`],
  ['unclosed suggestions', `{ node(id: 1, ${'x'.repeat(20_000)}: "${' Did you mean '.repeat(5_000)}") { id } }`],
].map(([what = '', query = '']) => ({ what: `a document of ${what}`, body: json(query) }));

const UTF8 = Buffer.from(`{"query":"{ __typename }","variables":{"a":"`);

/** Requests whose bulk is outside variables and document: batches, other JSON, extensions, headers, URLs. */
export const ENVELOPES: readonly Shape[] = [
  { what: 'a batch of 30,000', body: `[${fill(ROOM, () => '{"query":"{ __typename }"}')}]` },
  { what: 'a batch of numbers', body: `[${fill(ROOM, () => '1')}]` },
  { what: 'nothing but brackets', body: '['.repeat(500_000) + ']'.repeat(500_000) },
  { what: 'open brackets', body: '['.repeat(MEGABYTE) },
  { what: 'open objects', body: '{"a":'.repeat(200_000) },
  { what: 'a number', body: '1'.repeat(MEGABYTE) },
  { what: 'a small number', body: `0.${'0'.repeat(MEGABYTE - 10)}1` },
  { what: 'a text', body: JSON.stringify(LONG) },
  { what: 'white space', body: ' '.repeat(MEGABYTE) },
  { what: 'invalid UTF-8', body: Buffer.concat([UTF8, Buffer.alloc(MEGABYTE - 100, 0xff), Buffer.from('"}}')]) },
  { what: 'halves of characters', body: `{"query":"{ __typename }","variables":{"a":"${'\\ud800'.repeat(160_000)}"}}` },
  {
    what: 'extensions of 100,000 keys',
    body: `{"query":"{ __typename }","extensions":{${fill(ROOM, (n) => `"k${n}":1`)}}}`,
  },
  {
    what: 'deep extensions',
    body: `{"query":"{ __typename }","extensions":{"a":${'['.repeat(490_000)}${']'.repeat(490_000)}}}`,
  },
  { what: 'unknown keys', body: `{"query":"{ __typename }",${fill(ROOM, (n) => `"k${n}":1`)}}` },
  { what: 'unknown keys without a value', body: `{"query":"{ __typename }",${fill(ROOM, (n) => `"k${n}":null`)}}` },
  { what: 'one unknown long key', body: `{"query":"{ __typename }","${' Did you mean '.repeat(60_000)}":1}` },
  { what: 'the same key again and again', body: `{${fill(ROOM, () => '"query":"{ __typename }"')}}` },
  {
    what: 'a long name of an operation',
    body: JSON.stringify({ query: 'query A { __typename }', operationName: LONG }),
  },
  {
    what: 'a list as the name of an operation',
    body: `{"query":"{ __typename }","operationName":[${fill(ROOM, () => '1')}]}`,
  },
  { what: 'a list as the document', body: `{"query":[${fill(ROOM, () => '1')}]}` },
  ...[
    ['cookies', 'cookie', repeated(7_000, () => 'a', ';')],
    ['media types', 'accept', repeated(5_000, () => 'a', ',')],
    ['a long media type', 'accept', `application/${'x'.repeat(14_000)}`],
    ['a content type', 'content-type', `application/json;${repeated(5_000, () => 'a', ';')}`],
    ['addresses', 'x-forwarded-for', repeated(5_000, () => 'a', ',')],
    ['a token', 'authorization', `Bearer ${'x'.repeat(14_000)}`],
    ['spaces before a token', 'authorization', `Bearer ${' '.repeat(14_000)}\u00ff`],
  ].map(
    ([what = '', name = '', value = '']): Shape => ({
      what: `${what} in a header`,
      body: json(PLAIN),
      headers: { [name]: value },
    }),
  ),
  ...[
    [
      'variables',
      `?query=${encodeURIComponent(ENQUEUE.replace('mutation', 'query'))}&variables={"input":{${fill(12_000, (n) => `"k${n}":1`)}}}`,
    ],
    ['brackets', `?query={__typename}&variables=${'['.repeat(14_000)}`],
    ['parameters', `?query={__typename}&${fill(13_000, () => 'a', '&')}`],
    ['escapes', `?query={__typename}&a=${'%25'.repeat(4_500)}`],
    ['documents', `?${fill(13_000, () => 'query={a}', '&')}`],
  ].map(
    ([what = '', search = '']): Shape => ({
      what: `an address of ${what}`,
      search: search.replace(/"/g, '%22'),
      headers: { 'x-graphql-yoga-csrf': '1' },
    }),
  ),
];

const escaped = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
const long = (text: string): string => text.repeat(Math.floor(880_000 / escaped(text)));

/** Texts that trigger quadratic time in some ways of processing them. */
export const TEXTS: Readonly<Record<string, string>> = {
  'marks in disorder': `a${long('\u0301\u0323')}`,
  'words of two scripts': long('a\u0430 '),
  'one word of two scripts': long('a\u0430'),
  'white space': `${long(' ')}x`,
  'characters of patterns': long('\\%'),
  'joiners after marks': long('\u0627\u0651\u200d'),
  'pictures of one picture': `\u2764${long('\ufe0f')}`,
  'a cursor of brackets': Buffer.from('['.repeat(600_000)).toString('base64url'),
  'an id of letters': Buffer.from(`QueuedCreation:${'x'.repeat(600_000)}`).toString('base64url'),
  'names of protocols': long('a-a:'),
  'an address': `https://${long('a/')}`,
  letters: LONG,
};

/** A random request of up to a megabyte that repeats a few parts at one of the places where JSON can occur. */
export const anyShape: fc.Arbitrary<Shape> = fc
  .record({
    parts: fc.array(fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary', maxLength: 2_000 })), {
      minLength: 1,
      maxLength: 5,
    }),
    keys: fc.constantFrom<(n: number) => string>(
      (n) => `k${n}`,
      (n) => String(n * 7),
      () => 'username',
      (n) => 'k'.repeat((n % 50) + 1),
      (n) => `__proto__${n}`,
    ),
    isList: fc.boolean(),
    size: fc.constantFrom(10_000, 100_000, 990_000),
    levels: fc.integer({ min: 0, max: 70 }),
    place: fc.constantFrom<(value: string) => string>(
      (value) => `{"query":${JSON.stringify(conditional(ENQUEUE))},"variables":{"input":${value}}}`,
      (value) => `{"query":${JSON.stringify(ENQUEUE_MANY)},"variables":{"input":{"items":${value}}}}`,
      (value) => `{"query":${JSON.stringify(conditional(SEARCH))},"variables":{"filter":${value}}}`,
      (value) => `{"query":${JSON.stringify(SEARCH)},"variables":{"filter":{"status":${value},"entryIds":${value}}}}`,
      (value) => `{"query":${JSON.stringify(PLAIN)},"variables":${value}}`,
      (value) => `{"query":${JSON.stringify(PLAIN)},"extensions":${value}}`,
      (value) => `{"query":${value}}`,
      (value) => value,
    ),
  })
  .map(({ parts, keys, isList, size, levels, place }) => {
    const texts = parts.map((part) => JSON.stringify(part));
    const part = (n: number): string => texts[n % texts.length] ?? '1';
    const room = place('').includes('status') ? size / 2 : size;
    const filled = fill(room - 500 - 2 * levels, (n) => (isList ? part(n) : `${JSON.stringify(keys(n))}:${part(n)}`));
    const value = isList ? `[${filled}]` : `{${filled}}`;
    return {
      what: `${isList ? 'items' : 'keys'} of ${texts.join(' ').slice(0, 80)}`,
      body: place(`${'['.repeat(levels)}${value}${']'.repeat(levels)}`),
    };
  });
