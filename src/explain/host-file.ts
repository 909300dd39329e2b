import type { Compiled, Sized } from '../compile.ts';
import { parseUnitFile, unitValue } from '../format/unit-file.ts';
import { bootGraph } from '../plan/graph.ts';
import type { Plan, PlanFile } from '../plan/plan.ts';
import { unitRows } from '../plan/units.ts';
import type { Spec } from '../spec/defaults.ts';
import { carriedIn } from './carried.ts';
import { type Explained, type Fact, type Known, lineOf } from './explained.ts';
import { reasonOf } from './reasons.ts';

const UNITS = '/etc/systemd/system/';
const isUnit = (word: string) => /^[\w@-]+\.(service|target|timer|path|socket)$/.test(word);
/** `quorumgate-program@etcd.service` is an instance of the unit that is there. */
const templateOf = (name: string) => name.replace(/@[^.]+\./, '@.');

/** A unit of the hosts, by its name or its path. */
export function explainUnit(word: string, known: Known): Explained[] {
  const name = templateOf(word.startsWith(UNITS) ? word.slice(UNITS.length) : word);
  const rows = unitRows.filter((row) => row.name === name);
  if (!isUnit(name) || rows.length === 0) return [];
  const { compiled, assets, reasons } = known;
  const spec = compiled?.spec;
  const chosen = spec === undefined ? rows : rows.filter((row) => row.when?.(spec, 'etcd') ?? true);
  const facts = (chosen.length > 0 ? chosen : rows).flatMap((row): Fact[] => {
    const file = row.file ?? name;
    const text = assets.units[file] ?? '';
    const why = (reasons[file] ?? reasons[name] ?? '').replaceAll('`', '');
    return [
      ['is', unitValue(parseUnitFile(text), 'Unit', 'Description') ?? name],
      ['why', why],
      ['on', row.roles.map((role) => `hosts of role ${role}`).join(', ')],
      ...(compiled === undefined ? [] : orderFacts(name, compiled)),
      ...(spec === undefined ? [] : askedFact(chosen.length > 0, row.key?.(spec), compiled, spec)),
      ['text', `units/${file}`],
    ];
  });
  const carried = compiled === undefined ? [] : carriedFacts(`${UNITS}${name}`, compiled);
  return [{ kind: 'unit', name, facts: [...facts, ...carried] }];
}

function askedFact(isThere: boolean, key: string | undefined, compiled: Compiled | undefined, spec: Spec): Fact[] {
  if (compiled === undefined || spec === undefined) return [];
  if (!isThere)
    return [['here', `not on the hosts of this spec${key === undefined ? '' : `: see \`${spoken(key)}\``}`]];
  if (key === undefined) return [['asked for by', 'no line: every spec has it']];
  return [['asked for by', lineOf(key, compiled.place, true) ?? `the default of \`${spoken(key)}\``]];
}

const spoken = (pointer: string) => pointer.slice(1).replaceAll('/', '.');

/** Its neighbours in the order of the boot. */
function orderFacts(name: string, { plans }: Compiled): Fact[] {
  const plan = plans.find(({ units }) => units.some((unit) => unit.name === name));
  if (plan === undefined) return [];
  const { nodes, order, pulls } = bootGraph(Object.fromEntries(plan.units.map((unit) => [unit.name, unit.content])));
  const own = new Set(nodes.filter(({ external }) => !external).map((node) => node.name));
  const isIt = (one: string) => templateOf(one) === name;
  const listed = (label: string, names: string[]): Fact[] => {
    const shown = [...new Set(names)].filter((one) => own.has(one) && !isIt(one));
    return shown.length === 0 ? [] : [[label, shown.join(', ')]];
  };
  const gate = nodes.find((node) => isIt(node.name) && node.gate !== undefined)?.gate;
  return [
    ...(gate === undefined ? [] : ([['gate', `${gate} decides within it when its program starts`]] satisfies Fact[])),
    ...listed(
      'after',
      order.filter(({ after }) => isIt(after)).map(({ before }) => before),
    ),
    ...listed(
      'before',
      order.filter(({ before }) => isIt(before)).map(({ after }) => after),
    ),
    ...listed(
      'started by',
      pulls.filter(({ kind, to }) => kind !== 'part-of' && isIt(to)).map(({ from }) => from),
    ),
  ];
}

/** A file of the hosts, by its path. */
export function explainFile(word: string, known: Known): Explained[] {
  if (!word.startsWith('/') || (word.startsWith(`${UNITS}`) && isUnit(word.slice(UNITS.length)))) return [];
  const { compiled } = known;
  const why = reasonOf(word);
  const found = (compiled?.plans ?? []).flatMap((plan) => filesAt(word, plan));
  const documents = compiled === undefined ? [] : carriedFacts(word, compiled);
  if (found.length === 0 && documents.length === 0 && (why === undefined || compiled !== undefined)) return [];
  const facts: Fact[] = [['is', why ?? 'a file of the hosts']];
  for (const { role, file } of found) {
    facts.push(['on', `hosts of role ${role}: mode ${file.mode.toString(8)}, ${bytesIn(file.content)} bytes`]);
  }
  const [first] = found;
  if (compiled !== undefined && first !== undefined) facts.push(askedLine(first.file, compiled));
  return [{ kind: 'file', name: word, facts: [...facts, ...documents] }];
}

const bytesIn = (text: string) => new TextEncoder().encode(text).length;

const filesAt = (path: string, { role, files }: Plan) =>
  files.filter((file) => file.path === path).map((file) => ({ role, file }));

function askedLine({ pointer }: PlanFile, { place }: Compiled): Fact {
  if (pointer === '') return ['asked for by', 'no line: every spec has it'];
  return ['asked for by', lineOf(pointer, place, true) ?? `the default of \`${spoken(pointer)}\``];
}

/** Each target's form of it, and its cost in the document. */
function carriedFacts(path: string, { documents, files }: Compiled): Fact[] {
  const paths = files.map((file) => file.path);
  return documents.flatMap((document): Fact[] => {
    const how = carriedIn(document, path, paths);
    if (how === undefined || !isIn(document, path)) return [];
    const part = document.largest.find(({ name }) => name === path || `${UNITS}${name}` === path);
    const share = part === undefined ? '' : `; ${part.bytes} of ${document.size} bytes`;
    return [[`in ${document.target}/${document.role}`, `${how}${share}`]];
  });
}

/** Whether a document has it at all: one with weights names all that it has. */
const isIn = ({ largest, form }: Sized, path: string) =>
  largest.length === 0 ||
  form?.includes('fetched') ||
  largest.some(({ name }) => name === path || `${UNITS}${name}` === path);

/** A file that `compile` writes, by its path in the output folder. */
export function explainOutput(word: string, { compiled }: Known): Explained[] {
  const path = word.replace(/^(\.\/)?(out\/)?/, '');
  const file = compiled?.files.find((one) => one.path === path);
  if (compiled === undefined || file === undefined) return [];
  const document = compiled.documents.find((one) => one.file.path === path);
  const need = compiled.needs.find(({ kind, items }) => kind === 'upload' && items[0] === path);
  const facts: Fact[] = [
    document === undefined
      ? [
          'is',
          need === undefined
            ? 'a file beside the documents; docs/spec.md and the README of its target say for what'
            : 'a file for hosts to fetch',
        ]
      : ['is', `the document for hosts of role ${document.role}, in the form ${document.form ?? 'of its target'}`],
    ...(document === undefined ? [] : limitFacts(document)),
    ...(need ? ([['goes to', need.items[1] ?? '']] satisfies Fact[]) : []),
    ['asked for by', lineOf('/targets', compiled.place) ?? ''],
    ['size', `${file.bytes.length} bytes`],
  ];
  return [{ kind: 'file', name: path, facts }];
}

function limitFacts({ size, limit, forms = [], largest }: Sized): Fact[] {
  const most = Number.isFinite(limit.bytes) ? `${size} of ${limit.bytes} bytes` : `${size} bytes, of any number`;
  return [
    ['limit', `${most} (${limit.place}, counted ${limit.counted}; ${limit.source}, ${limit.date})`],
    ...(forms.length > 1 ? ([['forms', ...forms]] satisfies Fact[]) : []),
    ['largest', ...largest.slice(0, 5).map(({ name, bytes }) => `${name} ${bytes}`)],
  ];
}
