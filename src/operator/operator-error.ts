import { visible } from '../sidekick/host/text.ts';

/** Characters; more is no message. */
const MOST = 4000;

/** Its own line breaks stay; whatever of others has got into a line is text. */
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => visible(line, MOST))
    .join('\n');

/** Why an operator's command does not do it, and what to do about it. The CLI prints both and exits with 1. */
export class OperatorError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(lines(message), options);
    this.name = 'OperatorError';
    this.remedy = lines(remedy);
  }
}

/** One thing that speaks against a plan. */
export interface Reason {
  /** The host, member or cluster that it is about. */
  about: string;
  why: string;
  remedy: string;
}

/** The outcome of a pure planning function: a plan, or everything that speaks against it. */
export type Planned<T> = { plan: T } | { refused: Reason[] };

/** All reasons in one error; remedies that are the same are said once. */
export function refusal(what: string, reasons: readonly Reason[]): OperatorError {
  const lines = reasons.map(({ about, why }) => `\n  ${about}: ${why}`);
  const remedies = [...new Set(reasons.map(({ remedy }) => remedy))];
  return new OperatorError(`${what}; nothing was changed${lines.join('')}`, remedies.join('\n          '));
}
