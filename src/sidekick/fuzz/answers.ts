import fc from 'fast-check';

/** An answer as it may come, well or not. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Values that may stand anywhere in JSON in the place of what is right. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    {},
    [],
    '',
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    -0,
    true,
    false,
    [[]],
    [null],
    [{}],
    { length: 1 },
    '0',
    '-1',
  ),
  fc.constantFrom(
    'a\nWATCHDOG=trigger',
    '\x1b[2J\x1b]0;x\x07',
    '\0',
    '\u202eabc',
    '\ud800',
    '\u0085',
    '\u2028',
    '__proto__',
    '../../x',
  ),
  fc.constantFrom(
    '127.0.0.1:1:;x',
    '0.0.0.0',
    '::1',
    '10.0.0.256',
    '10.0.0.9',
    'http://10.0.0.9:2380',
    'http://x\n:1',
    'x'.repeat(3000),
  ),
  fc.constantFrom<unknown>(
    '18446744073709551616',
    '18446744073709551615',
    '1e3',
    65_536,
    2380,
    'true',
    { toString: null },
    ['a', 'a'],
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.oneof(fc.integer(), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 5 }),
);

const mutation = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('set', 'tweak', 'tweak', 'delete', 'repeat', 'wrap', 'rename', 'swap', 'deepen'),
  odd,
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;
type Holder = Record<string | number, unknown>;

/** Every place in a value: who holds it, and by what name. */
function placesIn(value: unknown, found: [Holder, string | number][] = []): [Holder, string | number][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Holder, Array.isArray(value) ? Number(key) : key]);
    placesIn((value as Holder)[key], found);
  }
  return found;
}

/** Nearly what it was. */
function tweaked(old: unknown, how: number): unknown {
  if (typeof old === 'number') return [-old, old + 0.5, old + 65_536, old * 1e12, String(old), 0][(how >> 4) % 6];
  if (typeof old !== 'string') return old;
  const middle = old.length >> 1;
  const parts = ['\n', '\x1b[2J', '9', ' ', 'é', '\0', '.', '/', '0'.repeat(300), '\u202e', ':', ';'];
  const part = parts[(how >> 4) % parts.length] ?? '';
  const forms = [
    `${old}${part}`,
    `${part}${old}`,
    `${old.slice(0, middle)}${part}${old.slice(middle)}`,
    old.toUpperCase(),
  ];
  return forms[(how >> 12) % forms.length];
}

/** Does one thing to one place of `{ it }`. */
function mutate(root: { it: unknown }, { at, how, odd: other }: Mutation): void {
  const places = placesIn(root);
  const [holder, key] = places[at % places.length] as [Holder, string | number];
  const old = holder[key];
  const set = (value: unknown) =>
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  // A copy: what comes next may change it.
  if (how === 'set') set(structuredClone(other));
  else if (how === 'tweak') set(tweaked(old, at));
  else if (how === 'wrap') set([old]);
  else if (how === 'repeat') set(Array.isArray(old) ? Array(50).fill(old).flat() : [old, old]);
  else if (how === 'deepen') set(Array.from({ length: 70 }).reduce((inner) => [inner], old));
  else if (how === 'swap') {
    const [there, name] = places[(at >> 8) % places.length] as [Holder, string | number];
    // A thing within itself cannot be written.
    if (typeof there[name] !== 'object') set(there[name]);
  } else if (key !== 'it') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
    if (how === 'rename' && !Array.isArray(holder))
      Object.defineProperty(holder, typeof other === 'string' ? other : 'x', {
        value: old,
        enumerable: true,
        configurable: true,
      });
  }
}

/** Changes of the text: none most often. */
const spoiling = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      put: fc.uint8Array({ minLength: 1, maxLength: 4 }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      whole: fc.oneof(fc.constantFrom(...wholes()), fc.string({ unit: 'binary', maxLength: 40 })),
    }),
  },
);

function wholes(): string[] {
  const page = '<html>\r\n<title>502 Bad Gateway\x1b[31m</title>\n</html>';
  const deep = ['[', '{"a":', '[{"a":'].map((open) => open.repeat(50_000 / open.length));
  return [
    '',
    'null',
    '{}',
    '[]',
    '""',
    '0',
    'true',
    'false',
    '[null]',
    '[[]]',
    'NaN',
    '{"a":1}{',
    '\ufeff[]',
    page,
    'No cluster leader',
    ...deep,
  ];
}

const STATUS = [100, 101, 204, 206, 301, 302, 400, 401, 403, 404, 405, 418, 429, 500, 502, 503, 599, 999];
const INDEX = ['', '0', '-1', '1', '7', '1e9', '99999999999999999999', 'x', '7, 7'];
const CLUSTER = ['', '0', 'fcf88ce7a22e82f0', 'FCF88CE7A22E82F0', 'fcf88ce7a22e82f00', 'a', 'x', 'a b'];

const headers = fc.record(
  {
    'x-consul-index': fc.constantFrom(...INDEX),
    'x-etcd-cluster-id': fc.constantFrom(...CLUSTER),
    'x-consul-results-filtered-by-acls': fc.constantFrom('true', 'false', '', 'TRUE'),
    'content-type': fc.constantFrom('text/html', 'application/json; charset=utf-16'),
    'content-encoding': fc.constantFrom('gzip', 'br'),
    'set-cookie': fc.constantFrom('a', 'b'),
    location: fc.constantFrom('http://127.0.0.1:1/', '/'),
  },
  { requiredKeys: [] },
);

/** Changes of a true answer, whichever it is. */
export const recipes = fc.record({
  mutations: fc.array(mutation, { maxLength: 3 }),
  spoilt: spoiling,
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...STATUS) },
  ),
  headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
});
export type Recipe = typeof recipes extends fc.Arbitrary<infer T> ? T : never;

/** The rest of a true answer: JSON, or a text that is none. */
export function answerBy(
  recipe: Recipe,
  truth: unknown,
  trueHeaders: Record<string, string> = {},
  trueStatus = 200,
): Answer {
  const { mutations, spoilt, status = trueStatus, headers: others } = recipe;
  const root = { it: structuredClone(truth) };
  for (const one of mutations) mutate(root, one);
  const text = typeof root.it === 'string' && typeof truth === 'string' ? root.it : (JSON.stringify(root.it) ?? '');
  return { status, headers: { ...trueHeaders, ...others }, body: spoil(Buffer.from(text), spoilt) };
}

/** Answers that have something of this true one. */
export function answersLike(
  truth: unknown,
  trueHeaders: Record<string, string> = {},
  trueStatus = 200,
): fc.Arbitrary<Answer> {
  return recipes.map((recipe) => answerBy(recipe, truth, trueHeaders, trueStatus));
}

function spoil(bytes: Buffer, how: typeof spoiling extends fc.Arbitrary<infer T> ? T : never): Buffer {
  if (how === undefined) return bytes;
  if ('whole' in how) return Buffer.from(how.whole);
  if ('cut' in how) return bytes.subarray(0, Math.floor(how.cut * bytes.length));
  const at = Math.floor(how.at * bytes.length);
  return Buffer.concat([bytes.subarray(0, at), how.put, bytes.subarray(at)]);
}

/** Messages of bytes that have something of this true one. */
export function bytesLike(truth: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  return fc
    .record({
      changes: fc.array(change, { maxLength: 6 }),
      cut: fc.oneof(fc.constant(undefined), fc.nat(truth.length)),
      more: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ changes, cut, more }) => {
      const bytes = Buffer.concat([truth.subarray(0, cut ?? truth.length), more]);
      for (const { at, to } of changes) bytes[at % Math.max(1, bytes.length)] = to;
      return bytes;
    });
}
