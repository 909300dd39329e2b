/** Why an operator's command does not do it, and what to do about it. The CLI prints both and exits with 1. */
export class OperatorError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.remedy = remedy;
  }
}

/** One thing that speaks against a plan. */
export interface Reason {
  /** The host, member or cluster that it is about. */
  about: string;
  why: string;
  remedy: string;
}

/** What a pure planning function says: a plan, or everything that speaks against it. */
export type Planned<T> = { plan: T } | { refused: Reason[] };

/** All reasons in one error; remedies that are the same are said once. */
export function refusal(what: string, reasons: readonly Reason[]): OperatorError {
  const lines = reasons.map(({ about, why }) => `\n  ${about}: ${why}`);
  const remedies = [...new Set(reasons.map(({ remedy }) => remedy))];
  return new OperatorError(`${what}; nothing was changed${lines.join('')}`, remedies.join('\n          '));
}
