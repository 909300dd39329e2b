import { InvalidArgumentError } from 'commander';

/** An option's value that is a number of 0 or more. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It is not a number of 0 or more.');
  return value;
}
