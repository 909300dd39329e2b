import { parseUnitFile, type UnitFile, unitValue, unitValues, unitWords } from '../format/unit-file.ts';

/**
 * The boot graph of a set of units: who comes before whom, and who starts whom. It knows what systemd adds by itself
 * (systemd.target(5), systemd.service(5), systemd.path(5): implicit and default dependencies) and the few units of the
 * host that ours hang on.
 */
type PullKind = 'wants' | 'requires' | 'binds-to' | 'part-of';

export interface BootNode {
  name: string;
  /** Not one of ours: a unit of the host. */
  external: boolean;
  /** The program that decides within the unit when its own may start: the readiness gate. */
  gate?: string;
}

export interface Order {
  before: string;
  after: string;
}

export interface Pull {
  kind: PullKind;
  /** The unit that has the dependency. */
  from: string;
  to: string;
}

export interface BootGraph {
  nodes: BootNode[];
  order: Order[];
  pulls: Pull[];
}

const pullKeys: [key: string, kind: PullKind][] = [
  ['Wants', 'wants'],
  ['Requires', 'requires'],
  ['Requisite', 'requires'],
  ['BindsTo', 'binds-to'],
  ['PartOf', 'part-of'],
];

/** Of the host's own units, what matters for order. cloud-init's last stage waits for multi-user.target, so whatever
 * multi-user.target waits for cannot wait for what cloud-init does last. */
const anchors: Record<string, string> = {
  'basic.target': '[Unit]\nAfter=paths.target timers.target sockets.target',
  'network-online.target': '[Unit]',
  'multi-user.target': '[Unit]\nAfter=basic.target',
  'cloud-final.service': '[Unit]\nWants=network-online.target\nAfter=network-online.target multi-user.target',
};

/** The order of every unit of a kind that has no `DefaultDependencies=no`. */
const defaults: Record<string, { after?: string; before?: string }> = {
  service: { after: 'basic.target' },
  path: { before: 'paths.target' },
  timer: { before: 'timers.target' },
  socket: { before: 'sockets.target' },
};

/** In place of each template, its instances: those that other units name. Of a boot that goes well none comes by `OnFailure=`. */
function instantiate(texts: Record<string, string>): Record<string, string> {
  const orderly = Object.values(texts).map((text) => text.replace(/^OnFailure=.*$/gm, ''));
  const named = new Set(orderly.flatMap((text) => text.match(/[\w-]+@[\w-]+\.\w+/g) ?? []));
  const instances = [...named].flatMap((name) => {
    const text = texts[name.replace(/@[^.]+/, '@')];
    return text === undefined ? [] : [[name, text] as const];
  });
  const plain = Object.entries(texts).filter(([name]) => !name.includes('@.'));
  return Object.fromEntries([...plain, ...instances]);
}

export function bootGraph(unitTexts: Record<string, string>): BootGraph {
  const texts = instantiate(unitTexts);
  const units = new Map<string, UnitFile>();
  for (const [name, text] of Object.entries({ ...anchors, ...texts })) units.set(name, parseUnitFile(text));
  const pulls = [...units].flatMap(([name, unit]) => pullsOf(name, unit));
  const order = new Edges();
  for (const [name, unit] of units) {
    for (const other of unitWords(unit, 'Unit', 'After')) order.add(other, name);
    for (const other of unitWords(unit, 'Unit', 'Before')) order.add(name, other);
  }
  const names = [
    ...new Set([...units.keys(), ...order.names(), ...pulls.flatMap(({ from, to }) => [from, to])]),
  ].sort();
  addImplied(order, names, units, pulls);
  const used = new Set(order.names());
  return {
    nodes: names
      .filter((name) => used.has(name) || name in texts)
      .map((name) => ({ name, external: !(name in texts), ...gateOf(units.get(name) ?? []) })),
    order: order.list(),
    pulls,
  };
}

function gateOf(unit: UnitFile): Pick<BootNode, 'gate'> {
  const before = unitValues(unit, 'Service', 'ExecStartPre').map((command) => command.replace(/^.*\//, ''));
  const gate = before.find((program) => program === 'etcd-ready');
  return gate === undefined ? {} : { gate };
}

function pullsOf(name: string, unit: UnitFile): Pull[] {
  return [
    ...pullKeys.flatMap(([key, kind]) => unitWords(unit, 'Unit', key).map((to) => ({ kind, from: name, to }))),
    ...unitWords(unit, 'Install', 'WantedBy').map((from) => ({ kind: 'wants' as const, from, to: name })),
    ...unitWords(unit, 'Install', 'RequiredBy').map((from) => ({ kind: 'requires' as const, from, to: name })),
  ];
}

/** Order that systemd adds by itself. */
function addImplied(order: Edges, names: string[], units: Map<string, UnitFile>, pulls: Pull[]): void {
  const automatic = (name: string) => unitValue(units.get(name) ?? [], 'Unit', 'DefaultDependencies') !== 'no';
  for (const name of names.filter(automatic)) {
    const { after, before } = defaults[kindOf(name)] ?? {};
    if (after !== undefined) order.add(after, name);
    if (before !== undefined) order.add(name, before);
  }
  for (const [name, unit] of units) {
    const activated = activates(name, unit);
    if (activated !== undefined) order.add(name, activated);
  }
  // Last: a target comes after what it pulls in, unless the two are ordered the other way round.
  const ofTargets = pulls.filter(({ kind, from }) => kind !== 'part-of' && kindOf(from) === 'target');
  for (const { from, to } of ofTargets) {
    if (automatic(from) && automatic(to) && !order.has(from, to)) order.add(to, from);
  }
}

/** Each edge once, in the order of their coming. */
class Edges {
  readonly #edges = new Map<string, Order>();

  add(before: string, after: string): void {
    this.#edges.set(`${before} ${after}`, { before, after });
  }

  has(before: string, after: string): boolean {
    return this.#edges.has(`${before} ${after}`);
  }

  list(): Order[] {
    return [...this.#edges.values()];
  }

  names(): string[] {
    return this.list().flatMap(({ before, after }) => [before, after]);
  }
}

/** Every loop of the order: each a list of units, each before the next and the last before the first. systemd breaks
 * such a loop by leaving out a unit of its choice. */
export function orderingCycles(graph: BootGraph): string[][] {
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const { name } of graph.nodes) {
    if (seen.has(name)) continue;
    const path = shortestLoop(graph.order, name);
    if (path === undefined) continue;
    for (const unit of path) seen.add(unit);
    cycles.push(path);
  }
  return cycles;
}

export function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** systemd.path(5), systemd.timer(5), systemd.socket(5): ordered before the unit that they start. */
function activates(name: string, unit: UnitFile): string | undefined {
  const section = { path: 'Path', timer: 'Timer', socket: 'Socket' }[kindOf(name)];
  if (section === undefined) return undefined;
  return unitValue(unit, section, section === 'Socket' ? 'Service' : 'Unit') ?? name.replace(/\.[a-z]+$/, '.service');
}

function shortestLoop(order: Order[], start: string): string[] | undefined {
  const previous = new Map<string, string>();
  const queue = [start];
  for (const unit of queue) {
    for (const { before, after } of order) {
      if (before !== unit || previous.has(after)) continue;
      previous.set(after, unit);
      if (after !== start) queue.push(after);
    }
  }
  if (!previous.has(start)) return undefined;
  const path: string[] = [];
  for (let unit = previous.get(start); unit !== undefined && unit !== start; unit = previous.get(unit))
    path.unshift(unit);
  return [start, ...path];
}
