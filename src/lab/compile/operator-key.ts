import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newOperatorPem, operatorKeyOf } from '../../io/operator-key.ts';
import { writeNewFile } from '../../io/small-file.ts';
import { LabError } from '../machine/lab-error.ts';
import type { Layout } from '../machine/layout.ts';

/** By file: of labs that are compiled for and perhaps about to be booted, after cleaning up what was there. */
const compiledFor = new Map<string, string>();

/** The public half of the lab's own operator's key: of the lab that runs, or of the one that is about to. */
export function labOperatorKey({ operatorKey: file }: Pick<Layout, 'operatorKey'>): string {
  const pem = existsSync(file) ? readFileSync(file, 'utf8') : (compiledFor.get(file) ?? newOperatorPem());
  const key = operatorKeyOf(pem);
  if (key === undefined) throw new LabError(`${file} is no operator's key`, 'Delete it; `lab up` makes another.');
  compiledFor.set(file, pem);
  return key.publicHalf;
}

/** Writes it down, unless it is: for the lab's operator, that is whoever runs this. */
export async function keepOperatorKey({ operatorKey: file }: Pick<Layout, 'operatorKey'>): Promise<void> {
  const pem = compiledFor.get(file);
  if (pem === undefined || existsSync(file)) return;
  await mkdir(dirname(file), { recursive: true });
  await writeNewFile(file, pem);
}
