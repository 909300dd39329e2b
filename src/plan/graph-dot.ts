import { type BootGraph, type BootNode, kindOf, type Order, type Pull } from './graph.ts';
import { reaches, reduced } from './reachability.ts';

/** An arrow of the picture. */
interface Arrow {
  from: string;
  to: string;
  /** Comes before, also starts it, or starts it and does not come before it. */
  kind: 'before' | 'starts and before' | 'starts';
}

export interface Drawn {
  nodes: BootNode[];
  arrows: Arrow[];
}

/** The part of a graph that is shown: the order without what is implied by other order, and who starts whom. */
export function drawn(graph: BootGraph): Drawn {
  const nodes = graph.nodes.filter(({ name }) => !plumbing.has(name));
  const order = visibleOrder(graph, nodes);
  const started = startedLater(graph, nodes);
  const isIn = (edges: { from: string; to: string }[], { before, after }: Order) =>
    edges.some(({ from, to }) => from === before && to === after);
  return {
    nodes,
    arrows: [
      ...order.map((one): Arrow => {
        return { from: one.before, to: one.after, kind: isIn(started, one) ? 'starts and before' : 'before' };
      }),
      ...started
        .filter(({ from, to }) => !order.some((one) => isIn([{ from, to }], one)))
        .map(({ from, to }): Arrow => ({ from, to, kind: 'starts' })),
    ],
  };
}

/**
 * The boot order as Graphviz text, from left to right. An arrow: comes before (only what is not implied by others). Orange: also
 * starts it. Dashed: starts it, and does not come before it. A gate stands within its unit.
 */
export function toDot(graph: BootGraph): string {
  const { nodes, arrows } = drawn(graph);
  const external = new Set(nodes.filter((node) => node.external).map(({ name }) => name));
  const style = ({ from, to, kind }: Arrow) => {
    if (kind === 'starts') return ` [style=dashed, ${starts}, constraint=false]`;
    if (kind === 'starts and before') return ` [${starts}]`;
    return external.has(from) || external.has(to) ? ' [color="#a8a8a8"]' : '';
  };
  return [
    'digraph boot {',
    '  rankdir=LR; ranksep=0.27; nodesep=0.2; bgcolor="#ffffff"; pad=0.15;',
    `  ${font}; fontsize=11; fontcolor="#555555"; labelloc=b;`,
    `  label="${LEGEND}";`,
    `  node [shape=box, style="rounded,filled", ${blue}, ${font}, fontsize=11, margin="0.2,0.08", height=0.38];`,
    '  edge [color="#3b5b7d", arrowsize=0.6];',
    ...nodes.map((node) => `  ${quote(node.name)} [${attributes(node)}];`),
    ...arrows.map((arrow) => `  ${quote(arrow.from)} -> ${quote(arrow.to)}${style(arrow)};`),
    '}',
    '',
  ].join('\n');
}

const LEGEND = "Arrow: comes before.   Orange: also starts it.   Dashed: only starts it.   Grey: the host's own.";

const font = 'fontname="Helvetica,Arial,sans-serif"';
const blue = 'fillcolor="#e8f1fb", color="#3b73b0", fontcolor="#16324f"';
const green = 'fillcolor="#dff2e1", color="#3d8b4a", fontcolor="#1d4a25"';
const amber = 'bgcolor="#fbdf9d"';
const grey = 'fillcolor="#eeeeee", color="#9a9a9a", fontcolor="#555555"';

const starts = 'color="#c2701c", penwidth=1.3';

/** Targets that only carry order between basic.target and a kind of unit, or at the end of it all. */
const plumbing = new Set(['paths.target', 'timers.target', 'sockets.target', 'shutdown.target']);

/** The order among what is shown, also where it runs through what is not. */
function visibleOrder(graph: BootGraph, nodes: BootNode[]): Order[] {
  const pairs = nodes.flatMap(({ name: before }) => {
    const later = reaches(graph.order, before);
    return nodes.filter(({ name }) => later.has(name)).map(({ name: after }) => ({ before, after }));
  });
  return reduced(pairs);
}

function startedLater(graph: BootGraph, nodes: BootNode[]): Pull[] {
  const shown = new Set(nodes.map(({ name }) => name));
  return graph.pulls.filter(
    ({ kind, from, to }) =>
      kind !== 'part-of' && shown.has(from) && shown.has(to) && !reaches(graph.order, to).has(from),
  );
}

const NOTE = 'shape=note, style=filled';

/** Two cells: the gate on the left, where arrows come in. */
function gated(gate: string, name: string): string {
  const cell = (colours: string, text: string) => `<td ${colours} cellpadding="13">${text}</td>`;
  const row = cell(amber, `${gate}<br/>the gate`) + cell('bgcolor="#e8f1fb"', label(name));
  return `shape=plain, label=<<table border="0" cellborder="1" cellspacing="0" color="#3b73b0"><tr>${row}</tr></table>>`;
}

function attributes({ name, external, gate }: BootNode): string {
  if (gate !== undefined) return gated(gate, name);
  const kind = kindOf(name);
  const shape = { target: 'shape=hexagon, style=filled, margin="0.08,0.05"', path: NOTE, timer: NOTE }[kind];
  const colour = external ? grey : kind === 'target' ? green : undefined;
  return [`label=${quote(label(name))}`, shape, colour].filter((part) => part !== undefined).join(', ');
}

/** `.service` is what a box means; long names break at hyphens and `@`, so that the picture stays narrow. */
function label(name: string): string {
  const short = name.replace(/\.service$/, '');
  const widest = kindOf(name) === 'target' ? 14 : 12;
  const lines: string[] = [];
  for (const part of short.split(/(?<=-)|(?=@)|(?=\.(?:target|path|timer)$)/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > widest) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.join('\\n');
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
