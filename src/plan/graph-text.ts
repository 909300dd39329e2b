import { type BootGraph, type BootNode, kindOf } from './graph.ts';
import { type Drawn, drawn } from './graph-dot.ts';

/** The boot order as lines: each unit after all that it waits for, with the units that it directly follows and those that it starts. */
export function toText(graph: BootGraph): string {
  const shown = drawn(graph);
  const lines = inOrder(shown).flatMap(({ name, external, gate }) => {
    const after = shown.arrows.filter(({ to, kind }) => to === name && kind !== 'starts').map(({ from }) => from);
    const starts = shown.arrows.filter(({ from, kind }) => from === name && kind !== 'before').map(({ to }) => to);
    return [
      `${name}${external ? ' (of the host)' : ''}`,
      ...(after.length === 0 ? [] : [`    after ${after.join(', ')}`]),
      ...(gate === undefined ? [] : [`    gate ${gate}: decides here when ${name} may go on`]),
      ...(starts.length === 0 ? [] : [`    starts ${starts.join(', ')}`]),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Each after those that come before it; otherwise as they were. A loop, which no units of ours have, ends it. */
function inOrder({ nodes, arrows }: Drawn): BootNode[] {
  const left = [...nodes];
  const done: BootNode[] = [];
  while (left.length > 0) {
    const waits = (name: string) =>
      arrows.some(({ from, to, kind }) => kind !== 'starts' && to === name && left.some((one) => one.name === from));
    const next = left.findIndex(({ name }) => !waits(name));
    done.push(...left.splice(Math.max(next, 0), next === -1 ? left.length : 1));
  }
  return done;
}

const SHAPES: Record<string, readonly [open: string, close: string]> = {
  target: ['{{', '}}'],
  path: ['>', ']'],
  timer: ['>', ']'],
};

/** The boot order as a flowchart of Mermaid, which lays it out. The same arrows as in `toDot`; a gate is a node before its unit. */
export function toMermaid(graph: BootGraph): string {
  const { nodes, arrows } = drawn(graph);
  const ids = new Map(nodes.map(({ name }, index) => [name, `u${index}`]));
  const idOf = (name: string) => ids.get(name) ?? '';
  const gates = new Set(nodes.filter(({ gate }) => gate !== undefined).map(({ name }) => name));
  const arrowOf = { before: '-->', 'starts and before': '==>', starts: '-.->' };
  const shape = ({ name }: BootNode) => {
    const [open, close] = SHAPES[kindOf(name)] ?? ['[', ']'];
    return `${idOf(name)}${open}"${name}"${close}`;
  };
  return [
    'flowchart LR',
    ...nodes.map((node) => `  ${shape(node)}${node.external ? ':::host' : ''}`),
    ...nodes.flatMap(({ name, gate }) =>
      gate === undefined ? [] : [`  ${idOf(name)}g{"${gate}, the gate"}:::gate`, `  ${idOf(name)}g ==> ${idOf(name)}`],
    ),
    // The gate waits for what its unit waits for: it is the first step of that.
    ...arrows.map(({ from, to, kind }) => `  ${idOf(from)} ${arrowOf[kind]} ${idOf(to)}${gates.has(to) ? 'g' : ''}`),
    '  classDef host fill:#eeeeee,stroke:#9a9a9a,color:#555555',
    '  classDef gate fill:#fbdf9d,stroke:#b0893b,color:#4a3a16',
    '',
  ].join('\n');
}
