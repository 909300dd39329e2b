import { type BootGraph, type BootNode, kindOf, type Order, type Pull } from './graph.ts';
import { reaches, reduced } from './reachability.ts';

/**
 * The boot order as Graphviz text, from left to right. Solid: comes before (only what is not implied by others).
 * Dashed: starts something that does not come before it. What a unit starts and comes after needs no second arrow.
 */
export function toDot(graph: BootGraph): string {
  const nodes = graph.nodes.filter(({ name }) => !plumbing.has(name));
  const external = new Set(nodes.filter((node) => node.external).map(({ name }) => name));
  return [
    'digraph boot {',
    '  rankdir=LR; ranksep=0.27; nodesep=0.2; bgcolor="#ffffff"; pad=0.15;',
    `  ${font}; fontsize=10; fontcolor="#555555"; labelloc=b;`,
    '  label="Solid: comes before.  Dashed: starts what does not come before it.  Grey: the host\'s own.";',
    `  node [shape=box, style="rounded,filled", ${blue}, ${font}, fontsize=11, margin="0.12,0.06", height=0.38];`,
    '  edge [color="#3b5b7d", arrowsize=0.6];',
    ...nodes.map((node) => `  ${quote(node.name)} [${attributes(node)}];`),
    ...visibleOrder(graph, nodes).map(({ before, after }) => {
      const faded = external.has(before) || external.has(after) ? ' [color="#a8a8a8"]' : '';
      return `  ${quote(before)} -> ${quote(after)}${faded};`;
    }),
    ...startedLater(graph, nodes).map(
      ({ from, to }) => `  ${quote(from)} -> ${quote(to)} [style=dashed, color="#c2701c", constraint=false];`,
    ),
    '}',
    '',
  ].join('\n');
}

const font = 'fontname="Helvetica,Arial,sans-serif"';
const blue = 'fillcolor="#e8f1fb", color="#3b73b0", fontcolor="#16324f"';
const green = 'fillcolor="#dff2e1", color="#3d8b4a", fontcolor="#1d4a25"';
const grey = 'fillcolor="#eeeeee", color="#9a9a9a", fontcolor="#555555"';

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

function attributes({ name, external }: BootNode): string {
  const kind = kindOf(name);
  const shape = { target: 'shape=hexagon, style=filled, margin="0.02,0.05"', path: NOTE, timer: NOTE }[kind];
  const colour = external ? grey : kind === 'target' ? green : undefined;
  return [`label=${quote(label(name))}`, shape, colour].filter((part) => part !== undefined).join(', ');
}

/** `.service` is what a box means; long names break at hyphens and `@`, so that the picture stays narrow. */
function label(name: string): string {
  const short = name.replace(/\.service$/, '');
  const lines: string[] = [];
  for (const part of short.split(/(?<=-)|(?=@)|(?=\.(?:target|path|timer)$)/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > 12) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.join('\\n');
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
