import { readFileSync } from 'node:fs';
import { type Cell, nameOf } from './cells.ts';
import { STEPS, type Told } from './play.ts';

/** A cell that was played, and the day. */
export interface Result extends Told {
  cell: Cell;
  date: string;
}

/** The file of the results, newest of each cell alone; kept beside the document that shows it. */
export const RESULTS = 'docs/compatibility.json';

export function readResults(file: string): Result[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export const holds = ({ steps }: Told): boolean => {
  const flaws = Object.values(steps);
  return flaws.length > 0 && flaws.every((flaw) => flaw === '');
};

/** The cells as a table of a document, in the order of the cells; those that were not played say so. */
export function tableOf(cells: readonly Cell[], results: readonly Result[]): string {
  const rows = cells.map((cell) => {
    const { etcd, consul, image, node, size, discovery, tls } = cell;
    const what = `| ${etcd} | ${consul} | ${image} | ${node} | ${size} | ${discovery} | ${tls ? 'TLS' : 'plain'} |`;
    const result = results.find((one) => nameOf(one.cell) === nameOf(cell));
    if (result === undefined) return `${what}  |  | not run |  |`;
    const { systemd, cloudInit } = result.programs;
    const said = STEPS.filter((step) => result.steps[step] !== undefined).map((step) => {
      return result.steps[step] === '' ? step : `**${step} failed**: ${result.steps[step]}`;
    });
    return `${what} ${systemd} | ${cloudInit} | ${said.join(', ').replaceAll('|', '\\|')} | ${result.date} |`;
  });
  return [
    '| etcd | Consul | image | Node | members | discovery | TLS | systemd | cloud-init | what held | date |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
