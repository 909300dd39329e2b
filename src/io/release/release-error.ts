/** Why a release is not to be had, as a sentence without its full stop, and what to do about it. */
export class ReleaseError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    // A server's own names are in it, of any length.
    super(message.length > 2000 ? `${message.slice(0, 1999)}…` : message, options);
    this.name = 'ReleaseError';
    this.advice = advice;
  }
}
