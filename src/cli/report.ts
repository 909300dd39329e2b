import { createHash } from 'node:crypto';
import manifest from '../../package.json' with { type: 'json' };
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { complaint, render } from '../diagnostic/render.ts';
import { paint } from './paint.ts';

export type Format = 'text' | 'json' | 'github';
export const FORMATS: readonly Format[] = ['text', 'json', 'github'];

/** The one object that programs get: these parts, and those of the command. */
interface Told {
  diagnostics: (Diagnostic & { spec: string })[];
  /** Lines that people get on standard output. */
  output: string[];
  [part: string]: unknown[];
}

const state: { format: Format; command: string; told: Told } = {
  format: 'text',
  command: '',
  told: { diagnostics: [], output: [] },
};

/** Says which command runs, and for whom. */
export function begin(command: string, format: Format = 'text'): void {
  Object.assign(state, { command, format });
}

/** Whether one object is all that standard output gets. */
export const isForPrograms = (): boolean => state.format === 'json';

/** One line for people. */
export function say(line: string): void {
  if (isForPrograms()) state.told.output.push(line);
  else process.stdout.write(`${line}\n`);
}

/** Lines that end as they are. */
export function print(text: string): void {
  if (!isForPrograms()) process.stdout.write(text);
  else state.told.output.push(...text.replace(/\n$/, '').split('\n'));
}

/** Diagnostics of a spec: beside what the command makes, on standard error. */
export function tell(diagnostics: readonly Diagnostic[], spec: string): void {
  if (state.format === 'json') state.told.diagnostics.push(...diagnostics.map((one) => ({ spec, ...one })));
  else process.stderr.write(render(diagnostics, state.format, paint));
}

/** Rows for programs alone. A part without rows is there all the same. */
export function add(part: string, rows: readonly unknown[]): void {
  state.told[part] = [...(state.told[part] ?? []), ...rows];
}

/** A file as programs hear of it. */
export function fileRow(path: string, bytes: Uint8Array) {
  return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export interface Failure {
  message: string;
  remedy?: string;
}

/** An error that has ended the command, for people or for GitHub. */
export function complain({ message, remedy = '' }: Failure): void {
  if (state.format === 'github') process.stderr.write(complaint(message, remedy));
  else process.stderr.write(`error: ${message}\n  remedy: ${remedy}\n`);
}

/** Gives programs the one object, and goes on when it is out. */
export function finish(exitCode: number, error?: Failure, done = (): void => undefined): void {
  if (!isForPrograms()) {
    done();
    return;
  }
  const { command, told } = state;
  const { version } = manifest;
  const object = { quorumgate: version, command, exitCode, ...(error && { error }), ...told };
  process.stdout.write(`${JSON.stringify(object, null, 2)}\n`, done);
}
